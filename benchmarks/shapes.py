"""Shapes of last layers, and random weights and tokens of a realistic scale for them."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.engine.readout import Ablations, Readout
from confidence_neurons.model.final_norm import FinalNorm

LOGIT_SPREAD = 3.0  # standard deviation over the vocabulary
STREAM_SCALE = 5.0  # of the residual stream before the final norm
NEURON_SHARE = 0.02  # a neuron's typical write over the length of the stream
LOUDNESS_SPREAD = 0.6  # standard deviation over the neurons of the logarithm of their weight norm


@dataclass(frozen=True)
class Shape:
    """Sizes of a last layer."""

    name: str
    d_model: int
    d_mlp: int
    d_vocab: int

    def __str__(self) -> str:
        return f"{self.name} ({self.d_model:,} · {self.d_mlp:,} · {self.d_vocab:,})"


PROSE = Shape("prose", 128, 512, 2048)
GPT2_SMALL = Shape("GPT-2 Small", 768, 3072, 50257)
SEVEN_BILLION = Shape("7 B", 4096, 11008, 32000)


@dataclass(frozen=True)
class Problem:
    """What every way of measuring is given: a readout, tokens and neurons.

    `delta` is what mean-ablation adds to an activation: mean - activation.
    """

    readout: Readout
    residual: Float[Tensor, "token d_model"]
    target: Int[Tensor, " token"]
    w_out: Float[Tensor, "neuron d_model"]
    delta: Float[Tensor, "token neuron"]

    @property
    def pairs(self) -> int:
        """Ablations to measure: tokens times neurons."""
        return self.delta.numel()

    def part(self, tokens: int, neurons: int) -> "Problem":
        """The first tokens and neurons of it."""
        return Problem(
            self.readout,
            self.residual[:tokens],
            self.target[:tokens],
            self.w_out[:neurons],
            self.delta[:tokens, :neurons],
        )

    def ablations(self) -> Ablations:
        """The same as the engine takes it."""
        return Ablations.build(self.readout, self.residual, self.target, self.w_out, self.delta)


def random_problem(shape: Shape, tokens: int, neurons: int | None = None, seed: int = 0) -> Problem:
    """Random weights and activations.

    Logits spread over the vocabulary by `LOGIT_SPREAD`. Activations are those
    of a rectifier, so most are near their mean and some far from it; when one
    is replaced by its mean, the residual stream changes by about 1 % of its
    length, and by several times that for the loudest neurons, where second
    order falls back to the exact way.
    """
    neurons = shape.d_mlp if neurons is None else neurons
    generator = torch.Generator().manual_seed(seed)
    unembedding = torch.randn(shape.d_model, shape.d_vocab, generator=generator)
    unembedding.sub_(unembedding.mean(dim=0)).sub_(unembedding.mean(dim=1, keepdim=True))
    unembedding.mul_(LOGIT_SPREAD / shape.d_model**0.5)
    bias = torch.randn(shape.d_vocab, generator=generator) / 10
    residual = STREAM_SCALE * torch.randn(tokens, shape.d_model, generator=generator)
    activations = torch.randn(tokens, neurons, generator=generator).relu_()
    loudness = torch.randn(neurons, 1, generator=generator).mul_(LOUDNESS_SPREAD).exp_()
    w_out = torch.randn(neurons, shape.d_model, generator=generator)
    w_out.mul_(NEURON_SHARE * STREAM_SCALE * loudness)
    return Problem(
        readout=Readout(unembedding, bias - bias.mean(), FinalNorm(centres=True, eps=1e-5)),
        residual=residual,
        target=torch.randint(0, shape.d_vocab, (tokens,), generator=generator),
        w_out=w_out,
        delta=activations.mean(dim=0) - activations,
    )
