"""Numbers and estimates as readers see them."""

from math import floor, isfinite, log10

import pandas as pd

DIGITS = 3  # that count
NOTHING = "\N{EN DASH}"


def number(value: float, digits: int = DIGITS) -> str:
    """So many digits that count, without an exponent unless it is tiny."""
    if not isfinite(value):
        return NOTHING
    if value != 0 and abs(value) < 1e-5:
        return f"{value:.1e}"
    return f"{value:.{_decimals(value, digits)}f}"


def estimate(row: pd.Series | None, decimals: int | None = None) -> str:
    """An estimate and its interval, all with the decimals that the estimate needs."""
    if row is None:
        return NOTHING
    values = [float(row[name]) for name in ("estimate", "low", "high")]
    if not all(map(isfinite, values)):
        return NOTHING
    if decimals is None:
        decimals = _decimals(values[0], 2)
    shown = [f"{value:z.{decimals}f}" for value in values]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def _decimals(value: float, digits: int) -> int:
    size = floor(log10(abs(value))) if value else 0
    return min(6, max(0, digits - 1 - size))
