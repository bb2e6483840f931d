"""Walk through neurons and tokens in pieces that fit the memory, and measure each piece."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from confidence_neurons.engine.check import ErrorCheck
from confidence_neurons.engine.exact import Changes, exact_changes, exact_pairs
from confidence_neurons.engine.indirect import indirect_changes
from confidence_neurons.engine.memory import Plan
from confidence_neurons.engine.readout import Ablations, Clean, Readout
from confidence_neurons.engine.second_order import second_order_changes
from confidence_neurons.weights.unigram import Unigram

STRONG = 0.25  # nats

Readings = Float[Tensor, "neuron d_vocab"]


class Place(NamedTuple):
    """Which tokens and neurons a piece is of."""

    tokens: slice
    neurons: slice


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

    def measure(place: Place, clean: Clean, piece: Ablations, readings: Readings) -> Changes:
        return exact_changes(readout, clean, piece, readings, unigram)

    return _pieces(readout, ablations, plan, measure, "ablating" if progress else None)


def second_order_pieces(
    readout: Readout,
    ablations: Ablations,
    plan: Plan,
    check: ErrorCheck,
    *,
    progress: bool = False,
) -> Iterator[Piece]:
    """Estimated changes, piece by piece; every token and neuron is in one of them.

    Strong ablations, one neuron at one token, are measured exactly: where the
    logits' change has a standard deviation of more than `STRONG` nats.

    Parameters
    ----------
    check:
        Is shown every piece, to estimate the error of what was not strong.
    """

    def measure(place: Place, clean: Clean, piece: Ablations, readings: Readings) -> Changes:
        changes = second_order_changes(readout, clean, piece, readings)
        mean_readings = changes.pop("mean_reading")
        sizes = (2 * changes["kl_from_clean"]).sqrt()
        strong = sizes > STRONG
        sizes = sizes.masked_fill(strong, 0)
        check.add_sizes(place.neurons, sizes)
        at = check.sampled(place.tokens)
        if len(at):
            few = exact_changes(readout, clean.tokens(at), piece.tokens(at), readings)
            missed = (changes["entropy_total"][at] - few["entropy_total"]).abs()
            check.add_errors(place.neurons, sizes[at], missed.masked_fill(strong[at], 0))
        if strong.any():
            pairs = strong.T.nonzero().flip(1)  # by neuron: its readings stay in the cache
            exact = exact_pairs(readout, clean, piece, readings, mean_readings, pairs)
            for name, values in exact.items():
                changes[name][tuple(pairs.T)] = values
        return changes

    return _pieces(readout, ablations, plan, measure, "estimating" if progress else None)


def _pieces(
    readout: Readout,
    ablations: Ablations,
    plan: Plan,
    measure: Callable[[Place, Clean, Ablations, Readings], Changes],
    doing: str | None,
) -> Iterator[Piece]:
    """Measure piece by piece, indirect effects too; `doing` stands before the progress bar."""
    panels = _steps(len(ablations.w_out), plan.neurons)
    steps = _steps(len(ablations.target), plan.tokens)
    with tqdm(total=len(panels) * len(steps), desc=doing, disable=doing is None) as bar:
        for neurons in panels:
            readings = readout.unembed(ablations.w_out[neurons])
            for tokens in steps:
                piece = ablations.tokens(tokens).neurons(neurons)
                clean = Clean.build(readout, piece)
                changes = measure(Place(tokens, neurons), clean, piece, readings)
                changes |= indirect_changes(readout, clean, piece)
                yield Piece(tokens, neurons, changes)
                bar.update()
            del readings  # before those of the next neurons are made


def _steps(length: int, step: int) -> list[slice]:
    return [slice(first, min(first + step, length)) for first in range(0, length, step)]
