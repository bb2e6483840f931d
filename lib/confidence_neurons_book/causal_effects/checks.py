"""What the exercises of the chapter are checked with: inputs and references."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.architecture import final_norm, output_weights
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import unembed

Streams = Float[Tensor, "token d_model"]
Scales = Float[Tensor, "token 1"]
Given = tuple[Streams, Streams, Callable[[Streams], Scales], Callable[[Streams, Scales], Tensor]]


def ablations(
    model: Model, tokens: Int[Tensor, "batch position"], neurons: Sequence[int]
) -> list[Given]:
    """For each neuron: the stream, what its mean ablation adds, the norm's scale, the logits."""
    state = cn.run(model, tokens)
    stream, here = state.residual[state.counted], state.activations[state.counted]
    write, norm = output_weights(model), final_norm(model)
    pushes = [(here[:, n].mean() - here[:, n])[:, None] * write[n] for n in neurons]
    return [(stream, push, norm.scale, partial(unembed, model)) for push in pushes]


def three_effects(
    stream: Streams,
    push: Streams,
    scale: Callable[[Streams], Scales],
    logits: Callable[[Streams, Scales], Tensor],
) -> Float[Tensor, "3 token"]:
    """Total, direct and indirect change of entropy when `push` is added to the stream."""
    runs = [(stream + push, stream + push), (stream + push, stream), (stream, stream + push)]
    clean = cn.entropy(logits(stream, scale(stream)))
    return torch.stack([cn.entropy(logits(x, scale(y))) for x, y in runs]) - clean


def predictions(seed: int = 0) -> list[tuple[Tensor, Tensor]]:
    """Logits and targets: drawn at random, nearly certain, and all alike."""
    draw = torch.Generator().manual_seed(seed)
    few = torch.randn(40, 12, generator=draw)
    target = torch.randint(12, (40,), generator=draw)
    return [(few, target), (8 * few, target), (5 + torch.zeros(3, 12), target[:3])]


def slope_of_loss(
    logits: Float[Tensor, "token d_vocab"], target: Int[Tensor, " token"]
) -> Float[Tensor, " token"]:
    """By how much the loss changes with the logarithm of the temperature, at temperature 1."""
    log_temperature = torch.zeros(len(logits), 1, requires_grad=True)
    log_p = (logits / log_temperature.exp()).log_softmax(dim=-1)
    loss = -log_p.gather(-1, target[:, None]).sum()
    (slope,) = torch.autograd.grad(loss, log_temperature)
    return slope.squeeze(-1)


def turned_dials(seed: int = 0) -> list[tuple[Tensor, Tensor]]:
    """Turns and needs: unrelated, in step, against each other, and of a dial that stands still."""
    draw = torch.Generator().manual_seed(seed)
    need = 1 + 2 * torch.randn(9, generator=draw)
    turn = 0.3 + 0.1 * torch.randn(9, generator=draw)
    return [(turn, need), (0.1 * need, need), (0.5 - need, need), (0.2 + 0 * turn, need)]


def two_parts(turn: Float[Tensor, " token"], need: Float[Tensor, " token"]) -> Float[Tensor, "2"]:
    """What the loss saves, to first order, by the mean turn and by turning at the right tokens."""
    constant = turn.mean() * need.mean()
    return torch.stack([constant, (turn * need).mean() - constant])
