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
class Functional:
    """How ablations change one linear functional of the logits, in bits."""

    direct: Float[Tensor, "*ablation"]
    total: Float[Tensor, "*ablation"]

    @classmethod
    def build(
        cls,
        push: Float[Tensor, "*ablation"],
        stretch: Float[Tensor, "*ablation"],
        of_base: Float[Tensor, "*#ablation"],
        of_readings: Float[Tensor, "*#ablation"],
        of_bias: Float[Tensor, "*#ablation"],
    ) -> "Functional":
        """From the functional's values on the parts of the logits (see `AblatedLogits`)."""
        direct = push * of_readings
        return cls(direct, direct + stretch * (of_base + direct - of_bias))


@dataclass(frozen=True)
class AblatedLogits:
    """The logits after each ablation, in bits, up to a constant per token and neuron.

    direct = base + push * reading, total = (1 + stretch) direct - stretch * bias.
    No reading of a neuron is larger than its `reach`.
    """

    base: Float[Tensor, "token d_vocab"]
    bias: Float[Tensor, " d_vocab"]
    readings: Float[Tensor, "neuron d_vocab"]
    push: Float[Tensor, "token neuron"]
    stretch: Float[Tensor, "token neuron"]
    reach: Float[Tensor, " neuron"]

    @classmethod
    def build(
        cls,
        readout: Readout,
        clean: Clean,
        ablations: Ablations,
        readings: Float[Tensor, "neuron d_vocab"],
    ) -> "AblatedLogits":
        """In bits, from logits in nats."""
        return cls(
            base=clean.centred * LOG2E,
            bias=readout.bias * LOG2E,
            readings=readings,
            push=ablations.push * LOG2E,
            stretch=ablations.stretch,
            reach=ablations.w_out.norm(dim=-1) * readout.longest,
        )

    def mean(self, weights: Float[Tensor, "token_or_1 d_vocab"]) -> Functional:
        """The weighted sum over the vocabulary, for every token and neuron."""
        return Functional.build(
            self.push,
            self.stretch,
            (weights * self.base).sum(dim=-1, keepdim=True),
            weights @ self.readings.T,
            (weights * self.bias).sum(dim=-1, keepdim=True),
        )

    def of_entry(self, entry: Int[Tensor, " token"]) -> Functional:
        """The logit of one vocabulary entry for each token."""
        return Functional.build(
            self.push,
            self.stretch,
            self.base.gather(1, entry[:, None]),
            self.readings[:, entry].T,
            self.bias[entry, None],
        )

    def may_overflow(self, further: float = 0.0) -> bool:
        """Whether exp2 of a logit, changed by `further` bits, might leave the range of float32."""
        base = _largest(self.base)[:, None] + self.bias.abs().max()

        def beyond(reach: Float[Tensor, " neuron"]) -> bool:
            highest = (1 + self.stretch.clamp(min=0)) * (base + self.push.abs() * reach)
            return bool(highest.max() + further > SAFE_BITS)

        # Only where the bound is too high is it worth a look at all the readings.
        return beyond(self.reach) and beyond(_largest(self.readings))


def _largest(values: Float[Tensor, "row d_vocab"]) -> Float[Tensor, " row"]:
    """Largest absolute value of each row, without a copy of them all."""
    return torch.maximum(values.amax(dim=-1), -values.amin(dim=-1))
