"""From a tidy frame to estimates with intervals: always `estimate`, `low`, `high`.

Whatever was measured token by token (`read`, `compare`, `effects`,
`token_effects`) is averaged over the tokens of each group, and the sequences
are drawn again (see `bootstrap`) to say how far the average would move.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from pandas.api.types import is_complex_dtype, is_numeric_dtype
from torch import Tensor

from confidence_neurons.checks import CHECKS, checked, need_columns, numbers
from confidence_neurons.measure.bootstrap import bootstrap_interval

SEQUENCE = "sequence"
PLACES = (SEQUENCE, "position", "token", "target")
CHECKS |= {name: numbers(name, "...") for name in ("direct", "total")}


@checked
def intervals(
    frame: pd.DataFrame,
    by: str | Sequence[str] = "group",
    values: str | Sequence[str] | None = None,
    *,
    size: bool = False,
    statistic: Callable[..., Float[Tensor, "*any"]] | None = None,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Means over tokens, or a function of several means, with bootstrap intervals over sequences.

    Parameters
    ----------
    frame : pd.DataFrame
        One row per token: `sequence`, the columns of `by`, and values.
    by : str or sequence of str
        Columns that name the groups.
    values : str or sequence of str, optional
        Columns to average; by default every column of numbers that is neither
        in `by` nor a place in the text.
    size : bool
        Average absolute values.
    statistic : callable, optional
        Takes the means of `values`, in their order and one tensor each, and
        works element by element: `mediated_share` for 1 - direct / total,
        `torch.sub` for a paired difference.
    level : float
        Share of the resamples that lie between the bounds.
    resamples : int
        How often the sequences are drawn again.
    seed : int
        Decides the draws.

    Returns
    -------
    pd.DataFrame
        The columns of `by`, `quantity` (which value; not with a statistic),
        `estimate`, `low`, `high` in the unit of the values, and `tokens`, how
        many rows there were. Groups stand in their first order.

    Raises
    ------
    ValueError
        If a column is missing or has NaN, or there are fewer than two
        sequences.

    Notes
    -----
    A mean over tokens is a sum over all sequences by a number of tokens, and
    both are drawn together, so sequences may have different numbers of tokens.

    Examples
    --------
    >>> import confidence_neurons as cn, pandas as pd
    >>> frame = pd.DataFrame({"group": "a", "sequence": [0, 0, 1], "loss": [1.0, 2.0, 3.0]})
    >>> cn.intervals(frame)[["group", "quantity", "estimate", "low", "high"]]
      group quantity  estimate  low  high
    0     a     loss       2.0  1.5   3.0
    """
    keys = (by,) if isinstance(by, str) else tuple(by)
    named = _values(frame, keys, values)
    columns = frame[list(named)].to_numpy(dtype=float)
    sums, counts = _by_sequence(frame, keys, np.abs(columns) if size else columns)
    groups = frame[list(keys)].drop_duplicates().reset_index(drop=True)
    tokens = counts.sum(dim=0).long().tolist()
    draws = {"level": level, "resamples": resamples, "seed": seed}
    if statistic is None:
        found = bootstrap_interval(
            sums, counts.unsqueeze(-1).expand_as(sums), statistic=torch.div, **draws
        )
        groups = groups.loc[groups.index.repeat(len(named))].reset_index(drop=True)
        groups = groups.assign(quantity=list(named) * (len(groups) // len(named)))
        tokens = [count for count in tokens for _ in named]
    else:

        def of_means(*several: Tensor) -> Tensor:
            *totals, count = several
            return statistic(*(total / count for total in totals))

        found = bootstrap_interval(*sums.unbind(dim=-1), counts, statistic=of_means, **draws)
    bounds = {name: bound.flatten().numpy() for name, bound in found._asdict().items()}
    return groups.assign(**bounds, tokens=tokens)


@checked
def mediated_share(
    direct: Float[Tensor, "*any"], total: Float[Tensor, "*any"]
) -> Float[Tensor, "*any"]:
    """Mediated share of an effect, 1 - direct / total.

    Parameters
    ----------
    direct, total : Float[Tensor, "*any"]
        Means of absolute effects, with the scale frozen and without.

    Returns
    -------
    Float[Tensor, "*any"]
        1 where nothing is direct, below 0 where the direct effect is the
        larger; NaN where the total is 0.

    Examples
    --------
    >>> import confidence_neurons as cn, torch
    >>> cn.mediated_share(torch.tensor(1.0), torch.tensor(4.0))
    tensor(0.7500)
    """
    return torch.where(total == 0, torch.nan, 1 - direct / total)


def _values(
    frame: pd.DataFrame, keys: Sequence[str], values: str | Sequence[str] | None
) -> tuple[str, ...]:
    """The columns to average; all that are asked for are there and finite."""
    if values is None:
        numbers = frame.select_dtypes("number").columns
        values = [name for name in numbers if name not in (*keys, *PLACES)]
    named = (values,) if isinstance(values, str) else tuple(values)
    need_columns(frame, (SEQUENCE, *keys, *named), "tokens")
    if not named:
        raise ValueError(f"expected values to average, got the columns {', '.join(frame.columns)}")
    for name in named:
        if not is_numeric_dtype(frame[name]) or is_complex_dtype(frame[name]):
            raise ValueError(f"expected numbers in {name!r}, got {frame[name].dtype}")
        if not np.isfinite(frame[name].to_numpy(dtype=float)).all():
            raise ValueError(
                f"expected finite values, got NaN or infinity in {name!r}: leave out the tokens "
                "that were not measured"
            )
    return named


def _by_sequence(
    frame: pd.DataFrame, keys: Sequence[str], columns: np.ndarray
) -> tuple[Float[Tensor, "sequence group value"], Float[Tensor, "sequence group"]]:
    """Sums of each column, and numbers of tokens, in each sequence and group."""
    sequences, place = np.unique(frame[SEQUENCE].to_numpy(), return_inverse=True)
    group = frame.groupby(list(keys), sort=False, observed=True, dropna=False).ngroup().to_numpy()
    shape = (len(sequences), int(group.max()) + 1)
    cell = place * shape[1] + group

    def total(weights: np.ndarray | None) -> Tensor:
        sums = np.bincount(cell, weights, minlength=shape[0] * shape[1]).reshape(shape)
        return torch.from_numpy(sums.astype(float))

    return torch.stack([total(column) for column in columns.T], dim=-1), total(None)
