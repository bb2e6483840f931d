"""Mean effects of each neuron over the tokens, by either method."""

import pandas as pd
import torch
from torch import Tensor

from confidence_neurons.ablation.engine import (
    exact_pieces,
    second_order_error,
    second_order_pieces,
)
from confidence_neurons.ablation.exact import Changes
from confidence_neurons.ablation.memory import Plan
from confidence_neurons.ablation.readout import Ablations, Readout
from confidence_neurons.frequency import Unigram

POOR_ESTIMATE = 0.05


def exact_effects(
    readout: Readout,
    ablations: Ablations,
    plan: Plan,
    unigram: Unigram | None = None,
    *,
    progress: bool = False,
) -> pd.DataFrame:
    """One row per neuron: mean absolute changes in nats, signed ones in `*_shift` columns.

    The columns are those of `exact_changes` and `indirect_changes`; further
    `method`, and `error_estimate`, which is 0.
    """
    sums = Sums(len(ablations.w_out))
    for piece in exact_pieces(readout, ablations, plan, unigram, progress=progress):
        sums.add(piece.neurons, piece.changes)
    return sums.means(len(ablations.target)).assign(method="exact", error_estimate=0.0)


def second_order_effects(
    readout: Readout, ablations: Ablations, plan: Plan, seed: int = 0, *, progress: bool = False
) -> pd.DataFrame:
    """The same, estimated; where the estimate is poor on a sample of tokens, exact after all.

    Parameters
    ----------
    seed:
        Decides the sample of tokens.

    Returns
    -------
    As `exact_effects`; `error_estimate` is the relative error of
    `entropy_total` (0 where exact), and `method` tells how the row was
    measured.
    """
    error = second_order_error(readout, ablations, plan, seed)
    poor = ~(error <= POOR_ESTIMATE)
    sums = Sums(len(ablations.w_out))
    for piece in second_order_pieces(readout, ablations, plan, poor.tolist(), progress=progress):
        sums.add(piece.neurons, piece.changes)
    return sums.means(len(ablations.target)).assign(
        method=["exact" if exact else "second-order" for exact in poor.tolist()],
        error_estimate=error.masked_fill(poor, 0).numpy(),
    )


class Sums:
    """Sums over tokens: absolute changes, and signed ones where a shift is reported."""

    SIGNED = ("entropy", "loss", "kl")

    def __init__(self, neurons: int) -> None:
        self.neurons = neurons
        self.sums: dict[str, Tensor] = {}

    def add(self, neurons: slice | list[int], changes: Changes) -> None:
        for name, values in changes.items():
            self._add(name, neurons, values.abs())
        for quantity in self.SIGNED:
            if f"{quantity}_total" in changes:
                self._add(f"{quantity}_shift", neurons, changes[f"{quantity}_total"])

    def _add(self, name: str, neurons: slice | list[int], values: Tensor) -> None:
        total = self.sums.setdefault(name, torch.zeros(self.neurons, dtype=torch.float64))
        total[neurons] += values.double().sum(dim=0).cpu()

    def means(self, tokens: int) -> pd.DataFrame:
        return pd.DataFrame({name: (total / tokens).numpy() for name, total in self.sums.items()})
