"""How far a mean, or a ratio of means, would move had other sequences been drawn.

Tokens of one sequence depend on each other, sequences do not: so it is
sequences that are resampled, each with all its tokens (Efron & Tibshirani
1993, *An Introduction to the Bootstrap*, chapters 8 and 13).
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

VALUES_AT_ONCE = 2**22


class Interval(NamedTuple):
    """An estimate from all sequences, and the bounds of its confidence interval."""

    estimate: Float[Tensor, "*rest"]
    low: Float[Tensor, "*rest"]
    high: Float[Tensor, "*rest"]


def bootstrap_interval(
    *values: Shaped[Tensor, "sequence *rest"],
    statistic: Callable[..., Float[Tensor, "*any"]] | None = None,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap interval of a function of means over sequences.

    Sequences are drawn with replacement, as many as there are, `resamples`
    times; all `values` and all their columns share the draws. The bounds are
    quantiles of the statistic over the resamples. Examples:

        bootstrap_interval(change)                                      # a mean
        bootstrap_interval(sums, counts, statistic=torch.div)  # tokens differ in number
        bootstrap_interval(chosen, control, statistic=torch.sub)  # paired difference

    Parameters
    ----------
    values:
        One or several tensors of one shape, sequences first: what was
        measured in each sequence, such as the mean (or the sum) over its
        tokens.
    statistic:
        Takes one tensor of means for each of `values` and works element by
        element. By default, with one tensor, the mean itself.
    level:
        Share of the resamples that lie between the bounds.
    seed:
        Decides the draws.

    Returns
    -------
    Estimate, low and high, each of shape `rest`, in double precision.
    Resamples whose statistic is NaN (0 / 0) are left out; NaN where all are.

    Raises
    ------
    ValueError
        If there are fewer than 2 sequences.
    """
    if len(values[0]) < 2:
        raise ValueError(
            f"expected at least 2 sequences to draw from, got {len(values[0])}: give more text"
        )
    sequences, rest = len(values[0]), values[0].shape[1:]
    columns = [value.detach().double().reshape(sequences, -1) for value in values]
    counts = _draw(sequences, resamples, seed).to(columns[0].device)
    compute = (lambda mean: mean) if statistic is None else statistic
    estimate = compute(*(column.mean(dim=0) for column in columns))
    tails = torch.tensor([(1 - level) / 2, (1 + level) / 2]).to(estimate)
    bounds = []
    for block in zip(*(c.split(_block_size(resamples), dim=1) for c in columns), strict=True):
        resampled = compute(*(counts @ part / sequences for part in block))
        bounds.append(resampled.nanquantile(tails, dim=0))
    low, high = torch.cat(bounds, dim=1)
    return Interval(estimate.reshape(rest), low.reshape(rest), high.reshape(rest))


def _draw(sequences: int, resamples: int, seed: int) -> Float[Tensor, "resample sequence"]:
    """How often each resample has drawn each sequence."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(sequences, (resamples, sequences), generator=generator)
    counts = torch.zeros(resamples, sequences, dtype=torch.float64)
    return counts.scatter_add_(1, drawn, torch.ones_like(drawn, dtype=torch.float64))


def _block_size(resamples: int) -> int:
    """Columns resampled at once; bounds the memory and does not change the result."""
    return max(1, VALUES_AT_ONCE // resamples)
