"""An estimate and its interval as one text, for tables."""

from collections.abc import Sequence

import pandas as pd


def spans(frame: pd.DataFrame, digits: int = 3, *, signed: bool = False) -> pd.Series:
    """`estimate (low to high)` of each row, rounded, without minus zero."""
    form = f"{{:{'+' if signed else ''}z.{digits}f}}"
    whole = f"{form} ({form} to {form})"
    columns = (frame["estimate"], frame["low"], frame["high"])
    texts = [whole.format(*numbers) for numbers in zip(*columns, strict=True)]
    return pd.Series(texts, index=frame.index, dtype=object)


def spread(
    frame: pd.DataFrame,
    rows: Sequence[str],
    columns: Sequence[str],
    digits: int = 3,
    *,
    signed: bool = False,
) -> pd.DataFrame:
    """A table of such texts.

    Parameters
    ----------
    frame
        With `estimate`, `low`, `high`.
    rows, columns
        Of the frame: their values, joined by commas, name the rows and the
        columns of the table.
    digits, signed
        As in `spans`.
    """
    told = pd.DataFrame(
        {
            "row": _joined(frame, rows),
            "column": _joined(frame, columns),
            "told": spans(frame, digits, signed=signed).to_list(),
        }
    )
    wide = told.pivot_table("told", "row", "column", aggfunc="first", sort=False)
    return wide.rename_axis(index=rows[0], columns=None)


def _joined(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    return [", ".join(map(str, values)) for values in frame[list(columns)].itertuples(index=False)]
