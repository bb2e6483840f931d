"""Show a frame as a table, on the site and in a notebook alike."""

import math
from html import escape
from itertools import repeat

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

TABLE, SCROLL = "cn-table", "cn-scroll"


class Table:
    """A frame as a notebook shows it: an HTML table where it can, else plain text."""

    def __init__(self, frame: pd.DataFrame, digits: int, caption: str | None) -> None:
        """Take the frame as `table` does."""
        self._frame, self._digits, self._caption = frame, digits, caption

    @property
    def _options(self) -> dict:
        named = any(name is not None for name in self._frame.index.names)
        return {"index": named, "float_format": f"{{:z.{self._digits}f}}".format, "na_rep": "-"}

    def __repr__(self) -> str:
        """The table as plain text, its caption above it."""
        text = self._frame.to_string(**self._options)
        return text if self._caption is None else f"{self._caption}\n{text}"

    def _repr_html_(self) -> str:
        frame, named = self._frame, self._options["index"]
        frame = frame.reset_index() if named else frame
        numbers = [is_numeric_dtype(kind) and not is_bool_dtype(kind) for kind in frame.dtypes]
        head = "".join(map(_cell, repeat("th"), frame.columns.map(str), numbers))
        rows = "".join(
            f"<tr>{''.join(map(_cell, repeat('td'), map(self._written, row), numbers))}</tr>"
            for row in frame.itertuples(index=False)
        )
        caption = "" if self._caption is None else f"<caption>{escape(self._caption)}</caption>"
        return (
            f'<div class="{SCROLL}"><table class="{TABLE}">{caption}'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )

    def _written(self, value: object) -> str:
        if isinstance(value, float):
            return self._options["na_rep"] if math.isnan(value) else f"{value:z.{self._digits}f}"
        return self._options["na_rep"] if value is None else str(value)


def _cell(tag: str, text: str, number: bool) -> str:
    """Numbers stand at the right, in notebooks without the site's style sheet too."""
    look = ' class="number" style="text-align: right"' if number else ' style="text-align: left"'
    scope = ' scope="col"' if tag == "th" else ""
    return f"<{tag}{scope}{look}>{escape(text, quote=False)}</{tag}>"


def table(frame: pd.DataFrame | pd.Series, digits: int = 2, *, caption: str | None = None) -> Table:
    """A frame as a table: rounded, without minus zero, its index only if that has a name.

    Parameters
    ----------
    frame : pd.DataFrame or pd.Series
        Floats are rounded; whole numbers, texts and truth values stay.
    digits : int
        Decimals of every float.
    caption : str, optional
        What the table shows, in a few words.

    Returns
    -------
    Table
        The last expression of a cell shows it; several are shown with `display`.

    Examples
    --------
    >>> table(pd.DataFrame({"group": ["entropy", "random"], "change": [0.126, -0.001]}))
      group  change
    entropy    0.13
     random    0.00
    """
    return Table(frame.to_frame() if isinstance(frame, pd.Series) else frame, digits, caption)
