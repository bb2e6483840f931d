"""The logits after each ablation, and what it does to linear functionals of them.

In bits (times log2 e): what comes next takes powers of two of them (see `softmax`).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.engine.readout import Ablations, Clean, Readout

LOG2E = math.log2(math.e)
SAFE_BITS = 100.0


@dataclass(frozen=True)
class Panel:
    """The readings of some neurons, centred over the vocabulary.

    Attributes
    ----------
    readings:
        Either each neuron's, or each entry's, lie side by side in memory.
    reach:
        No reading of a neuron is larger.
    """

    readings: Float[Tensor, "neuron d_vocab"]
    reach: Float[Tensor, " neuron"]

    @classmethod
    def of(cls, readings: Float[Tensor, "neuron d_vocab"]) -> "Panel":
        """Look through the readings once."""
        return cls(readings, _largest(readings))

    def neurons(self, chosen: Int[Tensor, " few"]) -> "Panel":
        """A copy for some neurons, each of whose readings lie side by side."""
        return Panel(self.readings[chosen].contiguous(), self.reach[chosen])


@dataclass(frozen=True)
class Functional:
    """How ablations change one linear functional of the logits, in bits."""

    direct: Float[Tensor, "*ablation"]
    total: Float[Tensor, "*ablation"]

    @classmethod
    def build(
        cls,
        direct: Float[Tensor, "*ablation"],
        stretch: Float[Tensor, "*ablation"],
        of_base: Float[Tensor, "*#ablation"],
        of_bias: Float[Tensor, "*#ablation"],
    ) -> "Functional":
        """From its direct change, and its values on base and bias (see `AblatedLogits`)."""
        return cls(direct, direct + stretch * (of_base + direct - of_bias))


@dataclass(frozen=True)
class AblatedLogits:
    """The logits after each ablation, in bits, up to a constant per token and neuron.

    direct = base + push * reading + pull * pulled,
    total = (1 + stretch) direct - stretch * bias;

    pull and pulled are there only where a norm follows the MLP.
    """

    base: Float[Tensor, "token d_vocab"]
    bias: Float[Tensor, " d_vocab"]
    panel: Panel
    push: Float[Tensor, "token neuron"]
    stretch: Float[Tensor, "token neuron"]
    pull: Float[Tensor, "token neuron"] | None = None
    pulled: Float[Tensor, "token d_vocab"] | None = None

    @classmethod
    def build(
        cls, readout: Readout, clean: Clean, ablations: Ablations, panel: Panel
    ) -> "AblatedLogits":
        """In bits, from logits in nats."""
        pull = ablations.pull
        return cls(
            base=clean.centred * LOG2E,
            bias=readout.bias * LOG2E,
            panel=panel,
            push=ablations.push * LOG2E,
            stretch=ablations.stretch,
            pull=None if pull is None else pull.size * LOG2E,
            pulled=None if pull is None else readout.readings(pull.along),
        )

    def direct(
        self,
        tokens: slice,
        neurons: slice,
        out: Float[Tensor, "token neuron d_vocab"],
    ) -> Float[Tensor, "token neuron d_vocab"]:
        """The logits with the scale frozen, of a block of tokens and neurons."""
        push = self.push[tokens, neurons].unsqueeze(-1)
        torch.addcmul(self.base[tokens, None], push, self.panel.readings[None, neurons], out=out)
        if self.pull is not None and self.pulled is not None:
            out.addcmul_(self.pull[tokens, neurons].unsqueeze(-1), self.pulled[tokens, None])
        return out

    def mean(self, weights: Float[Tensor, "token_or_1 d_vocab"]) -> Functional:
        """The weighted sum over the vocabulary, for every token and neuron."""
        direct = self.push * (weights @ self.panel.readings.T)
        if self.pull is not None and self.pulled is not None:
            direct = direct + self.pull * (weights * self.pulled).sum(dim=-1, keepdim=True)
        return Functional.build(
            direct,
            self.stretch,
            (weights * self.base).sum(dim=-1, keepdim=True),
            (weights * self.bias).sum(dim=-1, keepdim=True),
        )

    def of_entry(self, entry: Int[Tensor, " token"]) -> Functional:
        """The logit of one vocabulary entry for each token."""
        direct = self.push * self.panel.readings[:, entry].T
        if self.pull is not None and self.pulled is not None:
            direct = direct + self.pull * self.pulled.gather(1, entry[:, None])
        return Functional.build(
            direct, self.stretch, self.base.gather(1, entry[:, None]), self.bias[entry, None]
        )

    def may_overflow(self, further: float = 0.0) -> bool:
        """Whether exp2 of a logit, changed by `further` bits, might leave the range of float32.

        Too high a logit overflows. Too low ones do no harm, unless they all
        are; by Jensen's inequality the log2 of their sum is at least their
        mean, and the mean of `base` is 0.
        """
        moved = self.push.abs() * self.panel.reach
        if self.pull is not None and self.pulled is not None:
            moved = moved + self.pull.abs() * _largest(self.pulled)[:, None]
        high = self.base.amax(dim=-1, keepdim=True).clamp(min=0)
        most = (1 + self.stretch.clamp(min=0)) * (high + moved)
        most = most + self.stretch.abs() * self.bias.abs().max()
        return not bool(most.max() + further <= SAFE_BITS)


def _largest(values: Float[Tensor, "row entry"]) -> Float[Tensor, " row"]:
    """Largest absolute value of each row, without a copy of them all."""
    return torch.maximum(-values.amin(dim=-1), values.amax(dim=-1))
