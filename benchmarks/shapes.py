"""Last layers to measure: of a real model on the book's passages, or of random weights."""

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons import load_light, prose_tokens, run
from confidence_neurons.engine.closed_form import Held, prepare
from confidence_neurons.engine.memory import DEFAULT_BUDGET
from confidence_neurons.engine.readout import Readout, Sources
from confidence_neurons.model.final_norm import FinalNorm

LOGIT_SPREAD = 3.0  # standard deviation over the vocabulary
STREAM_SCALE = 5.0  # of the residual stream before the final norm
NEURON_SHARE = 0.02  # a neuron's typical write over the length of the stream
LOUDNESS_SPREAD = 0.6  # standard deviation over the neurons of the logarithm of their weight norm
ROW = 256  # tokens of a row of the passages, of which all but the first and the last count


@dataclass(frozen=True)
class Shape:
    """Sizes of a last layer."""

    name: str
    d_model: int
    d_mlp: int
    d_vocab: int

    def __str__(self) -> str:
        return f"{self.name} ({self.d_model:,} · {self.d_mlp:,} · {self.d_vocab:,})"


Layer = Shape | str  # random weights of a shape, or those of a model by its name

PROSE = Shape("prose", 128, 512, 2048)
GPT2_SMALL = Shape("GPT-2 Small", 768, 3072, 50257)
SEVEN_BILLION = Shape("7 B", 4096, 11008, 32000)


@dataclass(frozen=True)
class Problem:
    """What every way of measuring is given: a readout, tokens and neurons."""

    shape: Shape
    readout: Readout
    sources: Sources

    @property
    def pairs(self) -> int:
        """Ablations to measure: tokens times neurons."""
        return self.sources.delta.numel()

    def part(self, tokens: int, neurons: int, step: int = 1) -> "Problem":
        """The first neurons, at the first tokens or at every `step`th."""
        sources, some = self.sources, slice(0, step * tokens, step)
        few = replace(
            sources,
            residual=sources.residual[some],
            target=sources.target[some],
            w_out=sources.w_out[:neurons],
            delta=sources.delta[some, :neurons],
        )
        return replace(self, sources=few)


def problem_of(layer: Layer, tokens: int) -> Problem:
    """All neurons of a layer at so many tokens."""
    return (
        random_problem(layer, tokens) if isinstance(layer, Shape) else real_problem(layer, tokens)
    )


def real_problem(name: str, tokens: int) -> Problem:
    """The last layer of a model on the book's passages, as `scan` meets it.

    Neurons are held at their mean over the rows that the tokens are taken from.
    """
    model = load_light(name)
    rows = prose_tokens(model, ROW, math.ceil(tokens / (ROW - 2)))
    state = run(model, rows)
    held = Held.of(state, None, None, None)
    readout, sources, _ = prepare(model, state, held, DEFAULT_BUDGET)
    sizes = model.cfg
    whole = Problem(
        Shape(f"{name}, real weights", sizes.d_model, sizes.d_mlp, sizes.d_vocab),
        readout.to(torch.float32),
        replace(sources, delta=sources.delta.float()),
    )
    return whole.part(tokens, sizes.d_mlp)


def random_problem(shape: Shape, tokens: int, neurons: int | None = None, seed: int = 0) -> Problem:
    """Random weights and activations.

    Logits spread over the vocabulary by `LOGIT_SPREAD`. Activations are those
    of a rectifier, so most are near their mean and some far from it; when one
    is replaced by its mean, the residual stream changes by about 1 % of its
    length, and by several times that for the loudest neurons, where second
    order leaves it to the exact way.
    """
    neurons = shape.d_mlp if neurons is None else neurons
    generator = torch.Generator().manual_seed(seed)
    bias = torch.randn(shape.d_vocab, generator=generator) / 10
    readout = Readout(
        unembedding=_random_unembedding(shape, generator),
        gain=torch.ones(shape.d_model),
        bias=bias - bias.mean(),
        norm=FinalNorm(centres=True, eps=1e-5),
    )
    residual = STREAM_SCALE * torch.randn(tokens, shape.d_model, generator=generator)
    activations = torch.randn(tokens, neurons, generator=generator).relu_()
    loudness = torch.randn(neurons, 1, generator=generator).mul_(LOUDNESS_SPREAD).exp_()
    w_out = torch.randn(neurons, shape.d_model, generator=generator)
    w_out.mul_(NEURON_SHARE * STREAM_SCALE * loudness)
    target = torch.randint(0, shape.d_vocab, (tokens,), generator=generator)
    delta = activations.mean(dim=0) - activations
    return Problem(shape, readout, Sources(residual, target, w_out, delta))


def _random_unembedding(
    shape: Shape, generator: torch.Generator
) -> Float[Tensor, "d_model d_vocab"]:
    unembedding = torch.randn(shape.d_model, shape.d_vocab, generator=generator)
    unembedding.sub_(unembedding.mean(dim=0)).sub_(unembedding.mean(dim=1, keepdim=True))
    return unembedding.mul_(LOGIT_SPREAD / shape.d_model**0.5)
