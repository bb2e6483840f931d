"""Mean effects of groups of neurons, with intervals over sequences."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch

from confidence_neurons.measure.bootstrap import bootstrap_interval

MEASURES = ("entropy_total", "kl_from_clean", "argmax_changed")
RANKS = {
    "first choice": (1, 1),
    "ranks 2 to 10": (2, 10),
    "ranks 11 to 100": (11, 100),
    "later ranks": (101, math.inf),
}


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
    rows, columns = [], list(measures)
    for group, neurons in groups.items():
        _check(effects, group, neurons)
        chosen = effects.query("neuron in @neurons")
        sizes = [
            part[columns].abs().to_numpy().mean(axis=0) for _, part in chosen.groupby("sequence")
        ]
        interval = bootstrap_interval(torch.tensor(np.stack(sizes)))
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
        chosen = effects.query("neuron in @neurons")
        rank = (1 / chosen["reciprocal_rank"]).round()
        for name, (first, last) in RANKS.items():
            inside = (rank >= first) & (rank <= last)
            marked = chosen.assign(inside=inside, loss_inside=chosen["loss_total"].where(inside, 0))
            sums = [
                part[["loss_inside", "inside"]].to_numpy(dtype=float).sum(axis=0)
                for _, part in marked.groupby("sequence")
            ]
            loss, tokens = torch.tensor(np.stack(sums)).T
            interval = bootstrap_interval(loss, tokens, statistic=torch.div)
            bounds = (float(value) for value in interval)
            row = dict(zip(("estimate", "low", "high"), bounds, strict=True))
            rows.append({"group": group, "rank": name, **row})
    return pd.DataFrame(rows)


def _check(effects: pd.DataFrame, group: str, neurons: Sequence[int]) -> None:
    missing = sorted(set(neurons) - set(effects["neuron"]))
    if not len(neurons) or missing:
        raise ValueError(
            f"expected measured neurons in the group {group!r}, got {list(neurons)}, of which "
            f"{missing} are not in the frame: pass them to token_effects"
        )
