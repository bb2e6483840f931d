"""Is a model as sure as it is right? Reliability and calibration error."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from confidence_neurons.checks import checked, need_columns

CONFIDENCE, RIGHT = "confidence", "right"


@checked
def reliability(
    frame: pd.DataFrame, by: str | Sequence[str] | None = None, *, bins: int = 10
) -> pd.DataFrame:
    """Confidence against accuracy of the first choice, in bins of confidence.

    The confidence of a prediction is the probability of its most likely
    token; it is right when that token comes next. Bins have equal width over
    [0, 1] (Guo et al. 2017, arXiv 1706.04599); empty bins are left out.

    Parameters
    ----------
    frame : pd.DataFrame
        One row per token: `confidence` and `right`, as `read` gives them.
    by : str or sequence of str, optional
        Columns that name groups to look at one by one.
    bins : int
        How many.

    Returns
    -------
    pd.DataFrame
        One row per group and bin: the columns of `by`, `low` and `high`
        (edges), `confidence` and `accuracy` (means over the bin's tokens, from
        0 to 1), `tokens` (how many).

    Raises
    ------
    ValueError
        If a column is missing, or a value is no probability.

    Examples
    --------
    >>> import confidence_neurons as cn, pandas as pd
    >>> frame = pd.DataFrame({"confidence": [0.1, 0.15, 0.9], "right": [0.0, 1.0, 1.0]})
    >>> cn.reliability(frame, bins=2)
       low  high  confidence  accuracy  tokens
    0  0.0   0.5       0.125       0.5       2
    1  0.5   1.0       0.900       1.0       1
    """
    keys = [by] if isinstance(by, str) else list(by or ())
    need_columns(frame, keys)
    _need_probabilities(frame, (CONFIDENCE, RIGHT))
    place = bin_of(frame[CONFIDENCE], bins)
    means = {
        "confidence": (CONFIDENCE, "mean"),
        "accuracy": (RIGHT, "mean"),
        "tokens": (RIGHT, "size"),
    }
    table = frame.assign(bin=place).groupby([*keys, "bin"], sort=False).agg(**means).reset_index()
    order = table.groupby(keys, sort=False).ngroup() if keys else 0
    table = table.assign(order=order).sort_values(["order", "bin"]).reset_index(drop=True)
    edges = {"low": table["bin"] / bins, "high": (table["bin"] + 1) / bins}
    return table.assign(**edges)[[*keys, *edges, *means]]


@checked
def expected_calibration_error(table: pd.DataFrame) -> float:
    """Mean distance between accuracy and confidence over the bins, weighted by their tokens.

    Parameters
    ----------
    table : pd.DataFrame
        From `reliability`, of one group.

    Returns
    -------
    float
        0 is perfect calibration, 1 the worst.

    Raises
    ------
    ValueError
        If a column is missing, or a value is no probability.

    Examples
    --------
    >>> import confidence_neurons as cn, pandas as pd
    >>> frame = pd.DataFrame({"confidence": [0.1, 0.9], "right": [0.0, 1.0]})
    >>> round(cn.expected_calibration_error(cn.reliability(frame)), 3)
    0.1
    """
    _need_probabilities(table, (CONFIDENCE, "accuracy"))
    gap = (table["accuracy"] - table[CONFIDENCE]).abs()
    return float(np.average(gap.to_numpy(), weights=table["tokens"].to_numpy()))


def bin_of(confidence: pd.Series, bins: int) -> np.ndarray:
    """The bin that each confidence falls in; 1 falls in the last."""
    return np.minimum((confidence.to_numpy(dtype=float) * bins).astype(int), bins - 1)


def _need_probabilities(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    need_columns(frame, columns)
    for name in columns:
        if not is_numeric_dtype(frame[name]) or not frame[name].between(0, 1).all():
            raise ValueError(
                f"expected {name!r} from 0 to 1, got {frame[name].min()} to {frame[name].max()}"
            )
