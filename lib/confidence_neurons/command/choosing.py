"""Which neurons a scan speaks of: those that meet the criteria, or else the nearest to them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import torch

import confidence_neurons as cn
from confidence_neurons.groups.controls import drawn, partners
from confidence_neurons.groups.finding import LN_MEDIATED, NULL_FRACTION
from confidence_neurons.groups.names import ENTROPY, EQUAL_NORM, EQUAL_RHO, FREQUENCY, RANDOM

CANDIDATES = 6  # as many as the groups of `prose` have
ALONE = 12  # of a group that are also measured one by one, the strongest
KINDS = (EQUAL_NORM, EQUAL_RHO, RANDOM)
COLUMN = {EQUAL_NORM: "weight_norm", EQUAL_RHO: "null_fraction"}


@dataclass(frozen=True)
class Choice:
    """The neurons of one kind, and their controls.

    Attributes
    ----------
    kind
        "entropy" or "frequency".
    met
        Whether they meet the criteria; if not they are candidates, the nearest.
    neurons
        The strongest effect on entropy first; of candidates the nearest.
    controls
        Kind of control -> as many other neurons, partners in the same order.
    """

    kind: str
    met: bool
    neurons: list[int]
    controls: Mapping[str, list[int]]

    @property
    def name(self) -> str:
        """What the group is called: candidates never by the name of what was looked for."""
        return self.kind if self.met else f"{self.kind} candidates"

    @property
    def groups(self) -> dict[str, list[int]]:
        """The neurons and their controls, by name."""
        return {self.name: self.neurons, **self.controls}

    def first(self, count: int = ALONE) -> dict[str, list[int]]:
        """The same, so many of each."""
        return {name: members[:count] for name, members in self.groups.items()}


def choose(scanned: pd.DataFrame, *, frequency: bool, seed: int) -> list[Choice]:
    """Entropy neurons and, with `frequency`, token frequency neurons of a scan, with controls.

    Neurons of one kind are never controls of the other. A layer with too few
    neurons for all controls has fewer kinds of them.
    """
    found = cn.find_groups(scanned)
    kinds = (ENTROPY, FREQUENCY) if frequency else (ENTROPY,)
    chosen = {kind: found[kind] or nearest(scanned, kind) for kind in kinds}
    spoken_for = [neuron for members in chosen.values() for neuron in members]
    return [
        Choice(kind, bool(found[kind]), members, _controls(scanned, members, spoken_for, seed))
        for kind, members in chosen.items()
        if members
    ]


def nearest(scanned: pd.DataFrame, kind: str) -> list[int]:
    """The neurons that come nearest to the criteria of a kind, of those that are awake.

    Entropy neurons miss two criteria by some share of what is asked for; the
    larger of the two counts. Token frequency neurons miss one, the size of the
    cosine.
    """
    awake = scanned[scanned["entropy_total"] > scanned["entropy_total"].median()]
    if kind == FREQUENCY:
        missed = -awake["frequency_cosine"].abs()
    else:
        short = {
            "null_fraction": 1 - awake["null_fraction"] / NULL_FRACTION,
            "mediated": 1 - awake["entropy_ln_mediated"] / LN_MEDIATED,
        }
        missed = pd.DataFrame(short).max(axis=1, skipna=False)
    order = missed.dropna().sort_values(kind="stable").index[:CANDIDATES]
    return awake.loc[order, "neuron"].tolist()


def _controls(
    scanned: pd.DataFrame, neurons: list[int], exclude: list[int], seed: int
) -> dict[str, list[int]]:
    """As `cn.controls`, for any layer and k: by the norms and fractions of the scan."""
    by_neuron = scanned.set_index("neuron")
    every, taken, found = scanned["neuron"].tolist(), set(exclude), {}
    for kind in KINDS:
        free = [neuron for neuron in every if neuron not in taken]
        if len(free) < len(neurons):
            break
        if kind == RANDOM:
            found[kind] = drawn(free, len(neurons), seed)
        else:
            found[kind] = partners(neurons, free, torch.tensor(by_neuron[COLUMN[kind]]))
        taken |= set(found[kind])
    return found
