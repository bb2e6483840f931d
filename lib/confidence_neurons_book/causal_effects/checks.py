"""The exercises: what is right, inputs that wrong answers fail on, mistakes, hints."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

import confidence_neurons as cn
from confidence_neurons.exercises import Exercise
from confidence_neurons.model.architecture import final_norm, output_weights
from confidence_neurons.model.ends import Model
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import unembed

Streams = Float[Tensor, "token d_model"]
Scales = Float[Tensor, "token 1"]
Given = tuple[Streams, Streams, Callable[[Streams], Scales], Callable[[Streams, Scales], Tensor]]
NORM = FinalNorm(centres=False, eps=1e-5)
TOTAL, DIRECT, INDIRECT = ("new", "new"), ("new", "old"), ("old", "new")


def ablations(
    model: Model, tokens: Int[Tensor, "batch position"], neurons: Sequence[int]
) -> list[Given]:
    """For each neuron: the stream, what its mean ablation adds, the norm's scale, the logits."""
    state = cn.run(model, tokens)
    stream, here = state.residual[state.counted], state.activations[state.counted]
    write, norm = output_weights(model), final_norm(model)
    pushes = [(here[:, n].mean() - here[:, n])[:, None] * write[n] for n in neurons]
    return [(stream, push, norm.scale, partial(unembed, model)) for push in pushes]


def _unembedded(unembedding: Tensor, stream: Streams, scale: Scales) -> Tensor:
    return NORM.apply(stream, scale) @ unembedding


def _pushes(generator: Generator) -> list[Given]:
    """Pushes across the stream, and along it, in a model with an RMSNorm."""
    unembedding = torch.randn(8, 30, generator=generator)
    stream, push = torch.randn(2, 6, 8, generator=generator)
    logits = partial(_unembedded, unembedding)
    along = 0.5 * stream + 0.3 * push
    return [(stream, push, NORM.scale, logits), (stream, along, NORM.scale, logits)]


def _entropies(given: Given, pairs: Sequence[tuple[str, str]]) -> Float[Tensor, "pair token"]:
    """With each pair of a stream and the stream whose length is the scale, by name."""
    stream, push, scale, logits = given
    named = {"old": stream, "new": stream + push, "push": push}
    return torch.stack([cn.entropy(logits(named[x], scale(named[y]))) for x, y in pairs])


def _effects(
    given: Given, pairs: Sequence[tuple[str, str]] = (TOTAL, DIRECT, INDIRECT)
) -> Float[Tensor, "pair token"]:
    return _entropies(given, pairs) - _entropies(given, [("old", "old")])


def _indirect_as_rest(given: Given) -> Float[Tensor, "3 token"]:
    total, direct, _ = _effects(given)
    return torch.stack([total, direct, total - direct])


effects = Exercise(
    "causal_effects.effects",
    reference=lambda stream, push, scale, logits: _effects((stream, push, scale, logits)),
    draw=_pushes,
    hints=[
        "The table of three effects above has the recipe: two streams, two scales, and which of "
        "them meet.",
        "Four entropies are enough, one of which is that of the clean run. Each needs a stream and "
        "a scale, and the two need not belong together.",
        "Compute the scale of the clean stream and that of the changed one first. Direct: changed "
        "stream, clean scale. Indirect: the other way round.",
    ],
    mistakes={
        "Direct and indirect effect are exchanged: the direct one keeps the old scale, the "
        "indirect one the old stream.": lambda *given: _effects(given)[[0, 2, 1]],
        "The scale of the direct effect is computed anew, so that it is the total one again: hold "
        "the scale at what it was.": lambda *given: _effects(given, (TOTAL, TOTAL, INDIRECT)),
        "The new scale is that of the push alone: measure the stream with the push in it.": (
            lambda *given: _effects(given, (TOTAL, DIRECT, ("old", "push")))
        ),
        "The indirect effect is no remainder: the two paths meet in a division and need not add "
        "up. Give the old stream the new scale.": lambda *given: _indirect_as_rest(given),
        "The clean entropy is still in it: an effect is a change.": (
            lambda *given: _entropies(given, (TOTAL, DIRECT, INDIRECT))
        ),
        "The sign is the other way round: a change is ablated minus clean.": lambda *given: (
            -_effects(given)
        ),
        "The signs are gone: a neuron may make the model surer or less sure.": lambda *given: (
            _effects(given).abs()
        ),
        "These are means over the tokens: return a change for each token.": lambda *given: _effects(
            given
        ).mean(dim=1),
    },
)


def _surprisal(
    logits: Float[Tensor, "token d_vocab"], target: Int[Tensor, " token"]
) -> Float[Tensor, " token"]:
    return -logits.log_softmax(dim=-1).gather(-1, target[:, None]).squeeze(-1)


def _slope_of_loss(
    logits: Float[Tensor, "token d_vocab"], target: Int[Tensor, " token"]
) -> Float[Tensor, " token"]:
    """By how much the loss changes with the logarithm of the temperature, by autograd."""
    log_temperature = torch.zeros(len(logits), 1, requires_grad=True)
    loss = _surprisal(logits / log_temperature.exp(), target).sum()
    (slope,) = torch.autograd.grad(loss, log_temperature)
    return slope.squeeze(-1)


def _predictions(generator: Generator) -> list[tuple[Tensor, Tensor]]:
    """Logits and targets: drawn at random, nearly certain, and all alike."""
    few = torch.randn(40, 12, generator=generator)
    target = torch.randint(12, (40,), generator=generator)
    return [(few, target), (8 * few, target), (5 + torch.zeros(3, 12), target[:3])]


def _chosen(logits: Tensor, target: Tensor) -> Float[Tensor, " token"]:
    return logits.gather(-1, target[:, None]).squeeze(-1)


slope = Exercise(
    "causal_effects.slope",
    reference=_slope_of_loss,
    draw=_predictions,
    hints=[
        "At temperature 1 the derivative by the logarithm of T is that by T. Take the two terms of "
        "the loss one by one.",
        "The first term gives the logit of the token that came. The second gives minus a mean of "
        "the logits: weighted by what?",
        "You have that logit minus the mean logit under p. Take the logarithm of Z off both: each "
        "becomes something that the book has a name for.",
    ],
    mistakes={
        "The sign is the other way round: where the model was too sure, heat lowers the loss.": (
            lambda logits, target: _surprisal(logits, target) - cn.entropy(logits)
        ),
        "The derivative of log Z is not log Z: it is minus the mean logit under p.": (
            lambda logits, target: -_surprisal(logits, target)
        ),
        "The second term is missing: log Z depends on the temperature too.": _chosen,
        "Each token counts alike in the mean logit: weigh it by its probability.": (
            lambda logits, target: _chosen(logits, target) - logits.mean(dim=-1)
        ),
        "This takes the surprisal of the likeliest token: take that of the token that came.": (
            lambda logits, target: cn.entropy(logits) - _surprisal(logits, logits.argmax(dim=-1))
        ),
        "This is the change of the loss from temperature 1 to 2: asked for is the slope at 1.": (
            lambda logits, target: _surprisal(logits / 2, target) - _surprisal(logits, target)
        ),
        "This is one number for all tokens: return a slope for each.": lambda logits, target: (
            cn.entropy(logits) - _surprisal(logits, target)
        ).mean(),
    },
)


def _dials(generator: Generator) -> list[tuple[Tensor, Tensor]]:
    """Turns and needs: unrelated, in step, against each other, and of a dial that stands still."""
    need = 1 + 2 * torch.randn(9, generator=generator)
    turn = 0.3 + 0.1 * torch.randn(9, generator=generator)
    return [(turn, need), (0.1 * need, need), (0.5 - need, need), (0.25 + 0 * turn, need)]


def _two_parts(turn: Float[Tensor, " token"], need: Float[Tensor, " token"]) -> Float[Tensor, "2"]:
    still = turn.mean() * need.mean()
    return torch.stack([still, (turn * need).mean() - still])


def _with_second(turn: Tensor, need: Tensor, second: Tensor) -> Float[Tensor, "2"]:
    return torch.stack([turn.mean() * need.mean(), second])


parts = Exercise(
    "causal_effects.parts",
    reference=_two_parts,
    draw=_dials,
    hints=[
        "Begin with what is saved in all: turn times need, on average over the tokens.",
        "Now let the dial stand still at its mean turn. What does it save at one token, and what "
        "on average?",
        "The second number is the rest. Statistics has a name for a mean of products less the "
        "product of the means.",
    ],
    mistakes={
        "The second number is all that is saved: take off what the still dial saves.": (
            lambda turn, need: _with_second(turn, need, (turn * need).mean())
        ),
        "The covariance of a sample divides by n - 1: asked for is a mean over these tokens.": (
            lambda turn, need: _with_second(turn, need, torch.cov(torch.stack([turn, need]))[0, 1])
        ),
        "A correlation has no nats: leave turn and need as large as they are.": lambda turn, need: (
            _with_second(turn, need, torch.corrcoef(torch.stack([turn, need]))[0, 1])
        ),
        "The two numbers are exchanged: the still dial comes first.": lambda turn, need: _two_parts(
            turn, need
        ).flip(0),
        "These are sums over the tokens: return means.": lambda turn, need: (
            _two_parts(turn, need) * len(turn)
        ),
        "The first number is the mean turn: it saves that much times the need.": (
            lambda turn, need: torch.stack([turn.mean(), (turn * need).mean() - turn.mean()])
        ),
    },
)
