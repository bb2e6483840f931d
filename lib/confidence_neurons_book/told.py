"""Estimates with their intervals as text, one by one and as a table."""

from collections.abc import Sequence

import pandas as pd


def told(found: pd.DataFrame, digits: int = 2, *, signed: bool = False) -> list[str]:
    """Texts such as "1.39 [1.35, 1.42]", rounded, without minus zero.

    Parameters
    ----------
    found
        From `cn.intervals`: `estimate`, `low`, `high`.
    digits
        Decimals.
    signed
        Whether positive numbers have a sign.
    """
    form = f"{{:{'+' if signed else ''}z.{digits}f}}"
    rows = zip(found["estimate"], found["low"], found["high"], strict=True)
    return [f"{form} [{form}, {form}]".format(*row) for row in rows]


def spread(
    found: pd.DataFrame,
    rows: str | Sequence[str],
    columns: str | Sequence[str],
    digits: int = 2,
    *,
    signed: bool = False,
) -> pd.DataFrame:
    """A table of such texts, rows and columns in the order in which they first stand.

    Parameters
    ----------
    found
        As in `told`, with the columns that `rows` and `columns` name.
    rows
        What names a row.
    columns
        What names a column; several names are joined by commas.
    digits, signed
        As in `told`.
    """
    index = [rows] if isinstance(rows, str) else list(rows)
    heads = [columns] if isinstance(columns, str) else list(columns)
    names = [
        values[0] if len(values) == 1 else ", ".join(map(str, values))
        for values in found[heads].itertuples(index=False)
    ]
    cells = pd.DataFrame({"name": names, "cell": told(found, digits, signed=signed)})
    wide = cells.join(found[index].reset_index(drop=True)).pivot_table(
        "cell", index, "name", aggfunc="first", sort=False
    )
    return wide[list(dict.fromkeys(names))].rename_axis(columns=None)
