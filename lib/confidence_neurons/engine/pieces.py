"""Walk through neurons and tokens in pieces that fit the memory, and measure each piece."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor
from tqdm import tqdm

from confidence_neurons.engine.check import ErrorCheck
from confidence_neurons.engine.exact import Changes, exact_changes, exact_pairs
from confidence_neurons.engine.indirect import indirect_changes
from confidence_neurons.engine.logits import Panel
from confidence_neurons.engine.memory import Plan
from confidence_neurons.engine.readout import Ablations, Clean, Readout, Sources
from confidence_neurons.engine.second_order import second_order_changes
from confidence_neurons.weights.unigram import Unigram

MOST_RISK = 0.03  # nats
LARGEST = 512.0  # nats: float32 rounds larger logits by more than 3e-5
DOUBLE_AT_ONCE = 2**25  # bytes of readings in double precision


class Piece(NamedTuple):
    """Changes at some of the tokens, for some of the neurons."""

    tokens: Int[Tensor, " token"]
    neurons: slice
    changes: Changes


Measure = Callable[[slice, Clean, Ablations, Panel], Changes]


def exact_pieces(
    readout: Readout,
    sources: Sources,
    plan: Plan,
    unigram: Unigram | None = None,
    *,
    progress: bool = False,
) -> Iterator[Piece]:
    """Exact changes, piece by piece; every token and neuron is in one of them."""

    def measure(neurons: slice, clean: Clean, piece: Ablations, panel: Panel) -> Changes:
        changes = exact_changes(readout, clean, piece, panel, unigram)
        return changes | indirect_changes(readout, clean, piece)

    walk = _Walk(readout, sources, plan, unigram)
    return walk.pieces(readout.readings, measure, "ablating" if progress else None)


def second_order_pieces(
    readout: Readout,
    sources: Sources,
    plan: Plan,
    check: ErrorCheck,
    *,
    progress: bool = False,
) -> Iterator[Piece]:
    """Estimated changes, piece by piece; every token and neuron is in one of them.

    Ablations whose risk is above `MOST_RISK`, one neuron at one token, are
    measured exactly, and so are those that are drawn for the check.

    Parameters
    ----------
    check:
        Is shown every piece, to estimate the error of what was not measured.
    """

    def measure(neurons: slice, clean: Clean, piece: Ablations, panel: Panel) -> Changes:
        estimate = second_order_changes(readout, clean, piece, panel)
        changes, risk = estimate.changes, estimate.risk
        risky = ~(risk <= MOST_RISK)
        risk = risk.masked_fill(risky, 0)
        drawn = check.draw(risk)
        pairs = torch.cat([drawn, risky.nonzero()])
        exact = exact_pairs(readout, clean, piece, panel, estimate.mean_reading, pairs)
        at = tuple(pairs.T)
        estimated = changes["entropy_total"][at]
        for name, values in exact.items():
            changes[name][at] = values
        missed = (changes["entropy_total"][at] - estimated).abs()
        check.add(neurons, risk, drawn, missed[: len(drawn)])
        return changes

    walk = _Walk(readout, sources, plan)
    return walk.pieces(readout.readings_by_entry, measure, "estimating" if progress else None)


@dataclass(frozen=True)
class _Walk:
    """A way through all neurons and tokens.

    Where logits are so large that float32 rounds them too coarsely, tokens are
    measured exactly in double precision, whatever the way of the others.
    """

    readout: Readout
    sources: Sources
    plan: Plan
    unigram: Unigram | None = None

    def pieces(
        self, read: Callable[[Tensor], Tensor], measure: Measure, doing: str | None
    ) -> Iterator[Piece]:
        """Measure piece by piece; `doing` stands before the progress bar."""
        panels = _steps(len(self.sources.w_out), self.plan.neurons)
        steps = _steps(len(self.sources.target), self.plan.tokens)
        with tqdm(total=len(panels) * len(steps), desc=doing, disable=doing is None) as bar:
            for neurons in panels:
                panel = Panel.of(read(self.sources.heard(self.readout, neurons)))
                for tokens in steps:
                    piece = self.sources.ablations(self.readout, tokens, neurons)
                    clean = Clean.build(self.readout, piece)
                    coarse = self._coarse(clean)
                    places = torch.arange(tokens.start, tokens.stop)
                    if coarse.any():
                        yield from self._in_double(places[coarse.cpu()], neurons)
                        piece, clean = piece.tokens(~coarse), clean.tokens(~coarse)
                        places = places[~coarse.cpu()]
                    if len(places):
                        yield Piece(places, neurons, measure(neurons, clean, piece, panel))
                    bar.update()
                del panel  # before that of the next neurons is made

    def _coarse(self, clean: Clean) -> Tensor:
        """Which tokens have logits that are too large for the precision; none in double."""
        wide = clean.largest.dtype == torch.float64
        return clean.largest > (torch.inf if wide else LARGEST)

    def _in_double(self, places: Tensor, neurons: slice) -> Iterator[Piece]:
        """Fewer tokens and neurons at once than of others, whose numbers are still held."""
        readout = self.readout.to(torch.float64)
        unigram = None if self.unigram is None else self.unigram.to(readout.bias)
        in_bytes = DOUBLE_AT_ONCE // (8 * len(readout.bias))
        at_once = max(1, min(in_bytes, self.plan.neurons // 4))
        for some in _steps(neurons.stop - neurons.start, at_once):
            few = slice(neurons.start + some.start, neurons.start + some.stop)
            panel = Panel.of(readout.readings(self.sources.heard(readout, few)))
            for rows in places.split(max(1, self.plan.tokens // 4)):
                tokens = rows.to(self.sources.target.device)
                piece = self.sources.ablations(readout, tokens, few)
                clean = Clean.build(readout, piece)
                changes = exact_changes(readout, clean, piece, panel, unigram)
                changes |= indirect_changes(readout, clean, piece)
                yield Piece(rows, few, {name: values.float() for name, values in changes.items()})


def _steps(length: int, step: int) -> list[slice]:
    return [slice(first, min(first + step, length)) for first in range(0, length, step)]
