"""Neurons named at one step, followed to all others, beside controls named at the same step."""

from collections.abc import Mapping, Sequence

import pandas as pd
import torch

from confidence_neurons.groups.controls import drawn, others, partners
from confidence_neurons.groups.names import ENTROPY, EQUAL_NORM, EQUAL_RHO, RANDOM
from confidence_neurons_book.training_dynamics.onsets import by_step

MEASURES = {  # of the growth record -> what it is called; over the layer's median or not
    "null_fraction": ("null-space fraction", False),
    "logit_var": ("LogitVar / median", True),
    "weight_norm": ("weight norm / median", True),
}
HIGHEST = "highest rho"


def with_controls(
    growth: pd.DataFrame, neurons: Sequence[int], exclude: Sequence[int] = (), seed: int = 0
) -> dict[str, list[int]]:
    """The entropy neurons of the last step and as many controls of equal final norm, equal rho.

    The same rules as `cn.controls`, from the weights that the record has of
    the last step.
    """
    groups, taken = {ENTROPY: list(neurons)}, {*neurons, *exclude}
    for kind, measure in ((EQUAL_NORM, "weight_norm"), (EQUAL_RHO, "null_fraction")):
        last = torch.tensor(by_step(growth, measure).iloc[-1].to_numpy())
        free = others(range(len(last)), taken, len(neurons))
        groups[kind] = partners(neurons, free, last)
        taken |= set(groups[kind])
    groups[RANDOM] = drawn(others(range(len(last)), taken, len(neurons)), len(neurons), seed)
    return groups


def histories(growth: pd.DataFrame, groups: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """Each measure of each group at each step.

    Returns
    -------
    pd.DataFrame
        `measure` (in words), `group`, `step`, `estimate` (the mean over the
        group), `low` and `high` (its lowest and highest neuron).
    """
    rows = []
    for measure, (words, relative) in MEASURES.items():
        values = by_step(growth, measure)
        if relative:
            values = values.div(values.median(axis=1), axis=0)
        for group, neurons in groups.items():
            of = values[list(neurons)]
            edges = {"estimate": of.mean(axis=1), "low": of.min(axis=1), "high": of.max(axis=1)}
            rows.append(pd.DataFrame(edges).assign(measure=words, group=group))
    return pd.concat(rows).reset_index()


def named_at(growth: pd.DataFrame, steps: Sequence[int], count: int) -> pd.DataFrame:
    """The neurons of highest rho at each of some steps, followed through the whole training.

    Returns
    -------
    pd.DataFrame
        `named`, `group` (`HIGHEST`, or random ones, nearly the same at all
        steps), `step`, `estimate`, `low`, `high` of rho as in `histories`.
    """
    values = by_step(growth, "null_fraction")
    shuffled = drawn(values.columns.tolist(), values.shape[1], seed=0)
    rows = []
    for named in steps:
        highest = values.loc[named].nlargest(count).index.tolist()
        rest = [neuron for neuron in shuffled if neuron not in highest]
        groups = {HIGHEST: highest, RANDOM: rest[:count]}
        found = histories(growth, groups)
        rho = found[found["measure"] == MEASURES["null_fraction"][0]]
        rows.append(rho.drop(columns="measure").assign(named=named))
    return pd.concat(rows, ignore_index=True)
