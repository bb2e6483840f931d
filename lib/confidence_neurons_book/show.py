"""Print a frame the way the chapters do."""

import pandas as pd


def show(frame: pd.DataFrame | pd.Series, digits: int = 2) -> None:
    """Print a frame rounded, without minus zero, and without its index unless that has a name.

    Parameters
    ----------
    frame : pd.DataFrame or pd.Series
        Floats are rounded; whole numbers, texts and truth values stay.
    digits : int
        Decimals of every float.

    Examples
    --------
    >>> show(pd.DataFrame({"group": ["entropy", "random"], "change": [0.126, -0.001]}))
      group  change
    entropy    0.13
     random    0.00
    """
    named = any(name is not None for name in frame.index.names)
    print(frame.to_string(index=named, float_format=f"{{:z.{digits}f}}".format))
