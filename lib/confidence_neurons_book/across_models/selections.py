"""Four ways to say which neurons may be entropy neurons, and how far they agree."""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import pandas as pd
import torch

import confidence_neurons as cn
from confidence_neurons.groups.controls import others, partners
from confidence_neurons.groups.names import EQUAL_NORM, EQUAL_RHO, OTHERS, RANDOM
from confidence_neurons.weights.geometry import writes
from confidence_neurons_book.across_models.measured import (
    Measured,
    group_effects,
    shares_as_text,
    token_effects,
)
from confidence_neurons_book.causal_effects.paths import effect_intervals

HIGHEST_RHO = "highest ρ"  # noqa: RUF001
CRITERIA = "criteria"
PARETO = "Pareto front"
NORM_FIRST = "norm, then LogitVar"
SELECTED, SEVERAL = "selected", "several"
COUNT = 12  # neurons with the highest null-space fraction


def selections(measured: Measured, k: int | None = None) -> dict[str, list[int]]:
    """Way -> neurons, from the rows to choose on; all but "criteria" look at weights alone.

    With `k` as if the null space had another dimension.
    """
    scanned = measured.chosen_on
    if k is not None:
        null_space = measured.space.spectrum.null_space(k)
        rho = cn.null_fraction(writes(measured.model), null_space).numpy()
        scanned = scanned.assign(null_fraction=rho)
    return {
        HIGHEST_RHO: scanned.nlargest(COUNT, "null_fraction")["neuron"].tolist(),
        CRITERIA: cn.find_groups(scanned)["entropy"],
        PARETO: cn.pareto_front(scanned)["neuron"].tolist(),
        NORM_FIRST: cn.norm_then_logit_var(scanned)["neuron"].tolist(),
    }


def controls_of(
    measured: Measured, members: Sequence[int], exclude: Collection[int] = ()
) -> dict[str, list[int]]:
    """As many neurons of equal norm, of equal null-space fraction, and at random.

    The fraction is that of the scan, whose k may be another than the spectrum's gap gives.
    """
    kinds = (EQUAL_NORM, RANDOM)
    found = cn.controls(measured.model, members, kinds, exclude=sorted(exclude))
    taken = {*members, *exclude, *(n for some in found.values() for n in some)}
    free = others(range(len(measured.chosen_on)), taken, len(members))
    rho = torch.tensor(measured.chosen_on["null_fraction"].to_numpy())
    found[EQUAL_RHO] = partners(members, free, rho)
    return {kind: found[kind] for kind in (EQUAL_NORM, EQUAL_RHO, RANDOM)}


class Effects(NamedTuple):
    """Effects on entropy on the rows to report on, one neuron held at a time.

    Attributes
    ----------
    groups : pd.DataFrame
        As `group_effects`; `group` is "selected" or a kind of control, and
        `selection` the way. A way that names none has no rows.
    neurons : pd.DataFrame
        The same for each neuron that some way names, in the column `neuron`.
    """

    groups: pd.DataFrame
    neurons: pd.DataFrame


def selection_effects(measured: Measured, named: Mapping[str, Sequence[int]]) -> Effects:
    """What each way's neurons do, and their controls, which no way names."""
    spoken_for = {neuron for members in named.values() for neuron in members}
    groups = {
        (way, kind): some
        for way, members in named.items()
        if members
        for kind, some in {SELECTED: members, **controls_of(measured, members, spoken_for)}.items()
    }
    tokens = token_effects(measured, {n for members in groups.values() for n in members})
    found = group_effects(tokens, groups)
    ways, kinds = zip(*found["group"], strict=True)
    chosen = tokens[tokens["neuron"].isin(spoken_for)]
    return Effects(
        found.assign(selection=ways, group=kinds, measured=measured.name),
        effect_intervals(chosen).assign(measured=measured.name),
    )


def strongest(measured: Measured, effects: Effects, count: int = 5) -> pd.DataFrame:
    """The named neurons with the largest effect on entropy, as a table to print.

    Returns
    -------
    pd.DataFrame
        `neuron`, `rho`, `norm`, `total` in nats, and `share` with its interval.
    """
    total = effects.neurons[effects.neurons["effect"] == "total"].nlargest(count, "estimate")
    weights = measured.reported.set_index("neuron").loc[total["neuron"]]
    shares = shares_as_text(effects.neurons, "neuron", "measured").loc[total["neuron"]]
    return pd.DataFrame(
        {
            "neuron": total["neuron"].to_numpy(),
            "rho": weights["null_fraction"].round(2).to_numpy(),
            "norm": weights["weight_norm"].round(1).to_numpy(),
            "total": total["estimate"].round(3).to_numpy(),
            "share": shares[measured.name].to_numpy(),
        }
    )


def overlaps(named: Mapping[str, Sequence[int]], neurons: int) -> pd.DataFrame:
    """How many neurons each pair of ways shares, beside what chance would give.

    Returns
    -------
    pd.DataFrame
        `one`, `other`, `shared`, `by_chance` (the mean overlap of two sets of
        these sizes drawn from so many neurons), `jaccard` (shared over named
        by either; 0 where neither names any).
    """
    rows = []
    for one, other in combinations(named, 2):
        first, second = set(named[one]), set(named[other])
        either = len(first | second)
        rows.append(
            {
                "one": one,
                "other": other,
                "shared": len(first & second),
                "by_chance": len(first) * len(second) / neurons,
                "jaccard": len(first & second) / either if either else 0.0,
            }
        )
    return pd.DataFrame(rows)


def named_by(measured: Measured, named: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """The reported scan with LogitVar over its median, and who names each neuron.

    Returns
    -------
    pd.DataFrame
        The scan; `measured`, `logit_var_share`; `ways`, all in one text; and
        `named`: the one way, "several", or "others" where none does.
    """
    frame = measured.reported
    ways = [
        [way for way, members in named.items() if neuron in members] for neuron in frame["neuron"]
    ]
    looks = [OTHERS if not each else each[0] if len(each) == 1 else SEVERAL for each in ways]
    return frame.assign(
        measured=measured.name,
        logit_var_share=frame["logit_var"] / frame["logit_var"].median(),
        ways=[", ".join(each) or "none" for each in ways],
        named=pd.Categorical(looks, categories=[*named, SEVERAL, OTHERS]),
    )
