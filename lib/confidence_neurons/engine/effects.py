"""Mean effects of each neuron over the tokens, by either method."""

import pandas as pd
import torch
from torch import Tensor

from confidence_neurons.engine.check import ErrorCheck
from confidence_neurons.engine.exact import Changes
from confidence_neurons.engine.memory import Plan
from confidence_neurons.engine.pieces import exact_pieces, second_order_pieces
from confidence_neurons.engine.readout import Readout, Sources
from confidence_neurons.weights.unigram import Unigram

POOR_ESTIMATE = 0.05


def exact_effects(
    readout: Readout,
    sources: Sources,
    plan: Plan,
    unigram: Unigram | None = None,
    *,
    progress: bool = False,
) -> pd.DataFrame:
    """One row per neuron: mean absolute changes in nats, signed ones in `*_shift` columns.

    The columns are those of `exact_changes` and `indirect_changes`; further
    `method`, and `error_estimate`, which is 0.
    """
    sums = Sums(len(sources.w_out))
    for piece in exact_pieces(readout, sources, plan, unigram, progress=progress):
        sums.add(piece.neurons, piece.changes)
    return sums.means(len(sources.target)).assign(method="exact", error_estimate=0.0)


def second_order_effects(
    readout: Readout, sources: Sources, plan: Plan, seed: int = 0, *, progress: bool = False
) -> pd.DataFrame:
    """The same, estimated; neurons whose estimate is poor exact after all.

    Parameters
    ----------
    seed:
        Decides the sample of tokens that tells the error.

    Returns
    -------
    As `exact_effects`; `error_estimate` is what the relative error of
    `entropy_total` seldom exceeds (0 where exact), and `method` tells how the
    row was measured.
    """
    sums = Sums(len(sources.w_out))
    check = ErrorCheck(len(sources.w_out), seed)
    for piece in second_order_pieces(readout, sources, plan, check, progress=progress):
        sums.add(piece.neurons, piece.changes)
    frame = sums.means(len(sources.target))
    effect = torch.tensor(frame["entropy_total"].tolist(), dtype=torch.float64)
    error = check.relative_error(effect, len(sources.target))
    frame = frame.assign(method="second-order", error_estimate=error.nan_to_num(0).numpy())
    poor = (~(error <= POOR_ESTIMATE)).nonzero().squeeze(-1).tolist()
    if poor:
        exact = exact_effects(readout, sources.neurons(poor), plan, progress=progress)
        frame.loc[poor, exact.columns] = exact.to_numpy()
    return frame


class Sums:
    """Sums over tokens: absolute changes, and signed ones where a shift is reported."""

    SIGNED = ("entropy", "loss", "kl")

    def __init__(self, neurons: int) -> None:
        self.neurons = neurons
        self.sums: dict[str, Tensor] = {}

    def add(self, neurons: slice, changes: Changes) -> None:
        """Add the changes of some tokens, for some of the neurons."""
        for name, values in changes.items():
            self._add(name, neurons, values.abs())
        for quantity in self.SIGNED:
            if f"{quantity}_total" in changes:
                self._add(f"{quantity}_shift", neurons, changes[f"{quantity}_total"])

    def _add(self, name: str, neurons: slice, values: Tensor) -> None:
        total = self.sums.setdefault(name, torch.zeros(self.neurons, dtype=torch.float64))
        total[neurons] += values.double().sum(dim=0).cpu()

    def means(self, tokens: int) -> pd.DataFrame:
        """Means over so many tokens, one row per neuron."""
        return pd.DataFrame({name: (total / tokens).numpy() for name, total in self.sums.items()})
