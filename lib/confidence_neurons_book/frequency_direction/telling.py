"""Estimates with their intervals as text, for tables."""

from collections.abc import Sequence

import pandas as pd


def told(found: pd.DataFrame, digits: int = 2) -> list[str]:
    """Each estimate of a frame of `intervals`, with its interval in brackets."""
    bounds = zip(found["estimate"], found["low"], found["high"], strict=True)
    return [
        f"{estimate:z.{digits}f} [{low:z.{digits}f}, {high:z.{digits}f}]"
        for estimate, low, high in bounds
    ]


def beside_each_other(
    found: pd.DataFrame, rows: str | Sequence[str], columns: str, digits: int = 2
) -> pd.DataFrame:
    """A frame of `intervals` as a table of texts: a column for each value of `columns`."""
    keys = [rows] if isinstance(rows, str) else list(rows)
    wide = found.assign(told=told(found, digits)).pivot_table(
        "told", index=keys, columns=[columns], aggfunc="first", sort=False
    )
    names = list(dict.fromkeys(found[columns]))
    return wide["told"][names] if "told" in wide else wide[names].rename_axis(columns=None)
