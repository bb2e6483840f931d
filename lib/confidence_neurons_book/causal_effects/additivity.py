"""The effect of a group of neurons beside the sum of what its members do one by one."""

from collections.abc import Mapping, Sequence

import pandas as pd
import torch

import confidence_neurons as cn

TOGETHER, SUMMED = "together", "sum of single effects"
PLACE = ["sequence", "position"]


def additivity(
    single: pd.DataFrame,
    joint: pd.DataFrame,
    groups: Mapping[str, Sequence[int]],
    column: str = "entropy_total",
) -> pd.DataFrame:
    """Signed mean change of each group, ablated together and summed over its members.

    Parameters
    ----------
    single : pd.DataFrame
        `cn.token_effects` of all neurons of the groups.
    joint : pd.DataFrame
        `cn.effects` of the groups, on the same text, held at the same level.
    groups : mapping of name to neurons
        The members of each group.
    column : str
        Which change.

    Returns
    -------
    pd.DataFrame
        Two rows per group: `group`, `size` (its number of neurons), `how`
        ("together" or "sum of single effects"), `estimate`, `low`, `high` in
        nats, `tokens`; `ratio`, `ratio_low`, `ratio_high`: sum over together, the same
        in both rows, 1 where the effect is additive.
    """
    sums = [
        single[single["neuron"].isin(list(members))]
        .groupby(PLACE, as_index=False)[column]
        .sum()
        .assign(group=name)
        for name, members in groups.items()
    ]
    both = (
        pd.concat(sums)
        .rename(columns={column: SUMMED})
        .merge(joint[["group", *PLACE, column]].rename(columns={column: TOGETHER}))
    )
    means = cn.intervals(both, "group", [TOGETHER, SUMMED])
    ratio = cn.intervals(both, "group", [SUMMED, TOGETHER], statistic=torch.div)
    ratio = ratio.set_index("group")[["estimate", "low", "high"]]
    ratio = ratio.set_axis(["ratio", "ratio_low", "ratio_high"], axis=1)
    return (
        means.rename(columns={"quantity": "how"})
        .assign(size=means["group"].map({name: len(groups[name]) for name in groups}))
        .join(ratio, on="group")
    )
