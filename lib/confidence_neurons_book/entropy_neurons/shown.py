"""Estimates with their intervals, as a table shows them."""

import pandas as pd


def with_intervals(found: pd.DataFrame, digits: int = 2) -> list[str]:
    """Texts such as "1.39 [1.35, 1.42]", from what `cn.intervals` gives."""
    rows = zip(found["estimate"], found["low"], found["high"], strict=True)
    return ["{:z.{n}f} [{:z.{n}f}, {:z.{n}f}]".format(*row, n=digits) for row in rows]


def spread(
    found: pd.DataFrame, rows: str | list[str], columns: str | list[str], digits: int = 2
) -> pd.DataFrame:
    """The same as a table with a column for each value of `columns`, in the order of their rows."""
    told = found.assign(cell=with_intervals(found, digits))
    return told.pivot_table(index=rows, columns=columns, values="cell", aggfunc="first", sort=False)
