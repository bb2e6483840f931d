"""Show a frame as a table, on the site and in a notebook alike."""

import pandas as pd

CLASS = "cn-table"


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
        frame = self._frame
        if any(name is not None for name in frame.index.names):
            frame = frame.reset_index()
        html = frame.to_html(
            **{**self._options, "index": False}, border=0, classes=CLASS, justify="left"
        )
        if self._caption is None:
            return html
        head, rest = html.split("\n", 1)
        return f"{head}\n  <caption>{self._caption}</caption>\n{rest}"


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
