"""Walk through neurons and tokens in pieces that fit the memory, and measure each piece."""

from collections.abc import Iterator
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

CHECKED_TOKENS = 32


@dataclass(frozen=True)
class Piece:
    """Changes at some of the tokens, for some of the neurons (as slices)."""

    tokens: slice
    neurons: slice
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
        for neurons, readings in _panels(readout, ablations, plan):
            for tokens in _steps(len(ablations.target), plan.tokens):
                piece = ablations.tokens(tokens).neurons(neurons)
                clean = Clean.build(readout, piece)
                changes = exact_changes(readout, clean, piece, readings, unigram)
                changes |= indirect_changes(readout, clean, piece)
                yield Piece(tokens, neurons, changes)
                bar.update()


def second_order_pieces(
    readout: Readout, ablations: Ablations, plan: Plan, *, progress: bool = False
) -> Iterator[Piece]:
    """Estimated changes, piece by piece; every token and neuron is in one of them."""
    with _bar(ablations, plan, "estimating", progress) as bar:
        for neurons, readings in _panels(readout, ablations, plan):
            squares = readings.square_()
            for tokens in _steps(len(ablations.target), plan.tokens):
                piece = ablations.tokens(tokens).neurons(neurons)
                clean = Clean.build(readout, piece)
                changes = second_order_changes(readout, clean, piece, squares)
                changes |= indirect_changes(readout, clean, piece)
                yield Piece(tokens, neurons, changes)
                bar.update()


def second_order_error(
    readout: Readout, ablations: Ablations, plan: Plan, seed: int = 0
) -> Float[Tensor, " neuron"]:
    """Relative error of the second-order total effect on entropy, per neuron.

    On a random sample of tokens: mean |estimated - exact| over mean |exact|.
    An upper bound, on the sample, of the error of the mean absolute effect.
    NaN where the exact effect is 0.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(ablations.target), generator=generator)
    sample = ablations.tokens(order[:CHECKED_TOKENS].to(ablations.target.device))
    missed = torch.zeros(ablations.push.shape[1], dtype=torch.float64)
    size = torch.zeros_like(missed)
    for neurons, readings in _panels(readout, sample, plan):
        for tokens in _steps(len(sample.target), plan.tokens):
            piece = sample.tokens(tokens).neurons(neurons)
            clean = Clean.build(readout, piece)
            exact = exact_changes(readout, clean, piece, readings)["entropy_total"]
            estimated = second_order_changes(readout, clean, piece, readings.square())
            error = estimated["entropy_total"] - exact
            missed[neurons] += error.abs().double().sum(dim=0).cpu()
            size[neurons] += exact.abs().double().sum(dim=0).cpu()
    return missed / size


def _panels(
    readout: Readout, ablations: Ablations, plan: Plan
) -> Iterator[tuple[slice, Float[Tensor, "neuron d_vocab"]]]:
    """Neurons and their readings, as many at once as the plan allows."""
    for neurons in _steps(len(ablations.w_out), plan.neurons):
        yield neurons, ablations.w_out[neurons] @ readout.unembedding


def _steps(length: int, step: int) -> list[slice]:
    return [slice(first, min(first + step, length)) for first in range(0, length, step)]


def _bar(ablations: Ablations, plan: Plan, what: str, progress: bool) -> tqdm:
    tokens, neurons = ablations.push.shape
    pieces = len(_steps(tokens, plan.tokens)) * len(_steps(neurons, plan.neurons))
    return tqdm(total=pieces, desc=what, disable=not progress)
