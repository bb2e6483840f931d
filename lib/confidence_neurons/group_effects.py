"""Mean effects of groups of neurons, with intervals over sequences."""

from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.bootstrap import bootstrap_interval

MEASURES = ("entropy_total", "kl_from_clean", "argmax_changed")
RANKS = {"first choice": (1.0, 1.0), "ranks 2 to 10": (0.1, 0.999), "later ranks": (0.0, 0.0999)}


def group_effects(
    effects: pd.DataFrame,
    groups: Mapping[str, Sequence[int]],
    measures: Sequence[str] = MEASURES,
) -> pd.DataFrame:
    """Mean absolute effect of each group's neurons, ablated one at a time.

    Parameters
    ----------
    effects:
        A frame of `ablation.token_effects` over all neurons of the groups.

    Returns
    -------
    One row per group and measure: `group`, `measure`, `estimate` (mean over
    neurons and tokens), and `low` and `high`, a 95 % bootstrap interval over
    sequences (see `bootstrap`): the neurons stay, other texts might be drawn.

    Raises
    ------
    ValueError
        If a group is empty, a neuron of a group was not measured, or there
        are fewer than two sequences.
    """
    means = effects[list(measures)].abs().groupby([effects["neuron"], effects["sequence"]]).mean()
    rows = []
    for group, neurons in groups.items():
        _check(effects, group, neurons)
        by_sequence = means.loc[list(neurons)].groupby("sequence").mean()
        interval = bootstrap_interval(torch.tensor(by_sequence.to_numpy()))
        for column, measure in enumerate(measures):
            bounds = (float(value[column]) for value in interval)
            row = dict(zip(("estimate", "low", "high"), bounds, strict=True))
            rows.append({"group": group, "measure": measure, **row})
    return pd.DataFrame(rows)


def loss_by_rank(effects: pd.DataFrame, groups: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """Mean change of loss, with its sign, by how high the model ranked the right token.

    Positive: the ablation makes the loss larger, so the neuron helped.

    Returns
    -------
    One row per group and band of ranks: `group`, `rank`, `estimate`, `low`,
    `high`, in nats, as `group_effects`.

    Raises
    ------
    ValueError
        As `group_effects`.
    """
    rows = []
    for group, neurons in groups.items():
        _check(effects, group, neurons)
        chosen = effects[effects["neuron"].isin(list(neurons))]
        for name, (lowest, highest) in RANKS.items():
            # A hair of tolerance: 1 / rank is stored in single precision.
            inside = chosen["reciprocal_rank"].between(lowest - 1e-6, highest + 1e-6)
            sums = chosen["loss_total"].where(inside).groupby(chosen["sequence"]).sum()
            counts = inside.groupby(chosen["sequence"]).sum()
            interval = bootstrap_interval(_vector(sums), _vector(counts), statistic=torch.div)
            bounds = (float(value) for value in interval)
            row = dict(zip(("estimate", "low", "high"), bounds, strict=True))
            rows.append({"group": group, "rank": name, **row})
    return pd.DataFrame(rows)


def _vector(values: pd.Series) -> Float[Tensor, " sequence"]:
    return torch.tensor(values.to_numpy(dtype=float))


def _check(effects: pd.DataFrame, group: str, neurons: Sequence[int]) -> None:
    missing = sorted(set(neurons) - set(effects["neuron"]))
    if not len(neurons) or missing:
        raise ValueError(
            f"expected measured neurons in the group {group!r}, got {list(neurons)}, of which "
            f"{missing} are not in the frame: pass them to token_effects"
        )
