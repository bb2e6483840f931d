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
        bootstrap_interval(direct, total, statistic=mediated_share)   # 1 - direct / total
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
        If shapes differ, there are fewer than 2 sequences, a value is not
        finite, `level` is not between 0 and 1, `resamples` is below 2, or
        several tensors come without a statistic.
    """
    _check(values, statistic, level, resamples)
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


def mediated_share(
    direct: Float[Tensor, "*any"], total: Float[Tensor, "*any"]
) -> Float[Tensor, "*any"]:
    """1 - direct / total: the mediated share of an effect; NaN where the total is 0."""
    return torch.where(total == 0, torch.nan, 1 - direct / total)


def _draw(sequences: int, resamples: int, seed: int) -> Float[Tensor, "resample sequence"]:
    """How often each resample has drawn each sequence."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(sequences, (resamples, sequences), generator=generator)
    counts = torch.zeros(resamples, sequences, dtype=torch.float64)
    return counts.scatter_add_(1, drawn, torch.ones_like(drawn, dtype=torch.float64))


def _block_size(resamples: int) -> int:
    """Columns resampled at once; bounds the memory and does not change the result."""
    return max(1, VALUES_AT_ONCE // resamples)


def _check(
    values: tuple[Tensor, ...], statistic: Callable | None, level: float, resamples: int
) -> None:
    if not values or (statistic is None and len(values) != 1):
        raise ValueError(
            f"expected one tensor of values, or a statistic that combines several, "
            f"got {len(values)} tensors and {'no' if statistic is None else 'a'} statistic"
        )
    shapes = [tuple(value.shape) for value in values]
    if len(set(shapes)) != 1 or len(shapes[0]) < 1 or shapes[0][0] < 2:
        raise ValueError(
            f"expected values [sequence, ...] of one shape with at least 2 sequences, got {shapes}"
        )
    if not all(value.isfinite().all() for value in values):
        raise ValueError(
            "expected finite values, got NaN or infinity: leave out the positions that were "
            "not measured, or pass sums and counts for each sequence"
        )
    if not 0 < level < 1:
        raise ValueError(f"expected a level between 0 and 1, such as 0.95, got {level}")
    if resamples < 2:
        raise ValueError(f"expected at least 2 resamples, got {resamples}")
