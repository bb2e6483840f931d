"""Walk through neurons and tokens in pieces that fit the memory, and measure each piece."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from confidence_neurons.ablation.exact import Changes, exact_changes
from confidence_neurons.ablation.indirect import indirect_changes
from confidence_neurons.ablation.memory import Plan
from confidence_neurons.ablation.readout import Ablations, Clean, Readout
from confidence_neurons.ablation.second_order import second_order_changes
from confidence_neurons.frequency import Unigram

CHECKED_TOKENS = 16
ROUNDING = 2e-7  # nats: what float32 makes of an exact change of entropy


@dataclass(frozen=True)
class Piece:
    """Changes at some of the tokens, for some of the neurons: by their columns, in this order."""

    tokens: slice
    neurons: slice | list[int]
    changes: Changes


def exact_pieces(
    readout: Readout,
    ablations: Ablations,
    plan: Plan,
    unigram: Unigram | None = None,
    *,
    progress: bool = False,
) -> Iterator[Piece]:
    """Exact changes, piece by piece; every token and neuron is in one of them."""
    with _bar(ablations, plan, "ablating", progress) as bar:
        for neurons in _steps(len(ablations.w_out), plan.neurons):
            readings = readout.unembed(ablations.w_out[neurons])
            for tokens in _steps(len(ablations.target), plan.tokens):
                piece = ablations.tokens(tokens).neurons(neurons)
                clean = Clean.build(readout, piece)
                changes = exact_changes(readout, clean, piece, readings, unigram)
                changes |= indirect_changes(readout, clean, piece)
                yield Piece(tokens, neurons, changes)
                bar.update()
            del readings  # before those of the next neurons are made


def second_order_pieces(
    readout: Readout,
    ablations: Ablations,
    plan: Plan,
    poor: Sequence[bool] | None = None,
    *,
    progress: bool = False,
) -> Iterator[Piece]:
    """Estimated changes, piece by piece; every token and neuron is in one of them.

    Parameters
    ----------
    poor:
        Which neurons to measure exactly after all. They go through with the
        others, so that the clean distribution is worked out once for both.
    """
    poor = [False] * len(ablations.w_out) if poor is None else poor
    with _bar(ablations, plan, "estimating", progress) as bar:
        for panel in _steps(len(ablations.w_out), plan.neurons):
            neurons = sorted(range(panel.start, panel.stop), key=poor.__getitem__)
            count = sum(not poor[neuron] for neuron in neurons)
            estimated, exact = slice(0, count), slice(count, len(neurons))
            readings = readout.unembed(ablations.w_out[neurons])
            squares = readings[estimated].square_()
            for tokens in _steps(len(ablations.target), plan.tokens):
                piece = ablations.tokens(tokens).neurons(neurons)
                clean = Clean.build(readout, piece)
                changes = second_order_changes(readout, clean, piece.neurons(estimated), squares)
                if count < len(neurons):
                    after_all = exact_changes(readout, clean, piece.neurons(exact), readings[exact])
                    changes = {
                        name: torch.cat([values, after_all[name]], dim=1)
                        for name, values in changes.items()
                    }
                changes |= indirect_changes(readout, clean, piece)
                yield Piece(tokens, neurons, changes)
                bar.update()
            del readings, squares  # before those of the next neurons are made


def second_order_error(
    readout: Readout, ablations: Ablations, plan: Plan, seed: int = 0
) -> Float[Tensor, " neuron"]:
    """Relative error of the second-order total effect on entropy, per neuron.

    On a random sample of tokens: mean |estimated - exact| over mean |exact|.
    An upper bound, on the sample, of the error of the mean absolute effect.
    Differences within the rounding of the exact values do not count. NaN
    where the exact effect is 0.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(ablations.target), generator=generator)
    sample = ablations.tokens(order[:CHECKED_TOKENS].to(ablations.target.device))
    errors = torch.zeros(ablations.push.shape[1], dtype=torch.float64)
    sizes = torch.zeros_like(errors)
    for neurons in _steps(len(sample.w_out), plan.neurons):
        pieces = [
            sample.tokens(tokens).neurons(neurons)
            for tokens in _steps(len(sample.target), plan.tokens)
        ]
        readings = readout.unembed(sample.w_out[neurons])
        exact = torch.cat([_total(exact_changes, readout, piece, readings) for piece in pieces])
        squares = readings.square_()
        estimated = [_total(second_order_changes, readout, piece, squares) for piece in pieces]
        missed = ((torch.cat(estimated) - exact).abs() - ROUNDING).clamp(min=0)
        errors[neurons] = missed.double().sum(dim=0).cpu()
        sizes[neurons] = exact.abs().double().sum(dim=0).cpu()
        del readings, squares  # before those of the next neurons are made
    return errors / sizes


def _total(
    measure: Callable[[Readout, Clean, Ablations, Tensor], Changes],
    readout: Readout,
    piece: Ablations,
    readings: Float[Tensor, "neuron d_vocab"],
) -> Float[Tensor, "token neuron"]:
    """Total effect on entropy by either method, from the readings or their squares."""
    return measure(readout, Clean.build(readout, piece), piece, readings)["entropy_total"]


def _steps(length: int, step: int) -> list[slice]:
    return [slice(first, min(first + step, length)) for first in range(0, length, step)]


def _bar(ablations: Ablations, plan: Plan, what: str, progress: bool) -> tqdm:
    tokens, neurons = ablations.push.shape
    pieces = len(_steps(tokens, plan.tokens)) * len(_steps(neurons, plan.neurons))
    return tqdm(total=pieces, desc=what, disable=not progress)
