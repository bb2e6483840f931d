"""The exercises: what is right, inputs that wrong answers fail on, mistakes, hints."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

import confidence_neurons as cn
from confidence_neurons.exercises import Exercise
from confidence_neurons.weights.unigram import Unigram
from confidence_neurons_book.frequency_direction import nearness

EXACT = 40  # steps of a bisection
COLDEST, HOTTEST = 0.01, 100.0
LN_2 = 0.693147


def _direction(counts: Int[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
    return Unigram.from_counts(counts).direction


def _counts(generator: Generator) -> list[tuple[Tensor]]:
    """Skewed as those of words are: with zeros, ones and ties; all tokens seen; only one seen."""
    few, many = (2000 * torch.rand(2, 60, generator=generator) ** 6).long()
    few[:3] = torch.tensor([0, 1, 1])
    return [(few,), (many + 1,), (torch.tensor([1, 0, 0, 0]),)]


def _smoothed(counts: Int[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
    return counts.double() + 1


def _unit(vector: Float[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
    return vector / vector.norm()


def _centred(vector: Float[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
    return vector - vector.mean()


def _centred_by_frequency(counts: Int[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
    log_f = _smoothed(counts).log()
    return _unit(log_f - _smoothed(counts) @ log_f / _smoothed(counts).sum())


direction = Exercise(
    "frequency_direction.direction",
    reference=_direction,
    draw=_counts,
    hints=[
        "Three steps: the logarithms of the counts, their mean taken off, their length made one.",
        "Shares or counts makes no difference: to divide by the sum takes the same off each "
        "logarithm, and the mean takes it away again.",
        "The length of a vector is the root of the sum of its squares, `.norm()` in torch. Measure "
        "it after the mean is off.",
    ],
    mistakes={
        "The logarithm of 0 is minus infinity: add one to each count first.": lambda counts: _unit(
            _centred(counts.double().log())
        ),
        "One is added to the zeros alone, so that tokens seen never and once look alike: add it to "
        "each count.": lambda counts: _unit(_centred(counts.double().clamp(min=1).log())),
        "One is added to the shares, beside which they are nothing: add it to the counts.": (
            lambda counts: _unit(_centred((counts.double() / counts.sum() + 1).log()))
        ),
        "There is no logarithm in it: logits are logarithms, so take those of the counts.": (
            lambda counts: _unit(_centred(_smoothed(counts)))
        ),
        "The mean is still in it: take it off before you divide by the length.": (
            lambda counts: _unit(_smoothed(counts).log())
        ),
        "The mean of the logarithms of the shares is still in it: take it off before you divide "
        "by the length.": lambda counts: _unit((_smoothed(counts) / _smoothed(counts).sum()).log()),
        "The mean weighs tokens by their frequency: here each kind of token counts alike.": (
            _centred_by_frequency
        ),
        "It is not of length one: divide by the root of the sum of the squares.": (
            lambda counts: _centred(_smoothed(counts).log())
        ),
        "It is divided by the standard deviation, which is a mean over the tokens: divide by the "
        "length, which is a sum.": lambda counts: (
            _centred(_smoothed(counts).log()) / _smoothed(counts).log().std()
        ),
        "It leads to the rare tokens: frequent ones should have the larger entries.": (
            lambda counts: -_direction(counts)
        ),
    },
)

Logits = Float[Tensor, "token d_vocab"]
Direction = Float[Tensor, " d_vocab"]


def _put_back(clean: Logits, changed: Logits, u: Direction, factor: float = 1.0) -> Logits:
    return changed + factor * torch.outer((clean - changed) @ u, u)


def _effects(clean: Logits, other: Logits) -> Float[Tensor, " token"]:
    return cn.entropy(other) - cn.entropy(clean)


def _gone(clean: Logits, changed: Logits, restored: Logits) -> Tensor:
    return 1 - _effects(clean, restored).abs().mean() / _effects(clean, changed).abs().mean()


def _share(clean: Logits, changed: Logits, u: Direction) -> Tensor:
    return _gone(clean, changed, _put_back(clean, changed, u))


def _by_token(
    of_effects: Callable[[Tensor, Tensor], Tensor],
) -> Callable[[Logits, Logits, Direction], Tensor]:
    """A wrong share, from the effects that are left and all effects, token by token."""
    return lambda clean, changed, u: of_effects(
        _effects(clean, _put_back(clean, changed, u)), _effects(clean, changed)
    )


def _logits(generator: Generator) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Clean and changed logits, and a direction; effects of both signs, neither centred."""
    found = []
    for along, across in ((2.0, 0.3), (-1.5, 0.6), (0.4, 1.0)):
        clean = 2 * torch.randn(9, 40, generator=generator) + 3
        u = _direction(torch.randint(500, (40,), generator=generator))
        steps = along * torch.randn(9, 1, generator=generator)
        changed = clean + steps * u + across * torch.randn(9, 40, generator=generator) - 1
        found.append((clean, changed, u))
    return found


share = Exercise(
    "frequency_direction.share",
    reference=_share,
    draw=_logits,
    hints=[
        "Look at how the chapter does it for neuron `29.1413`. You need a third set of logits.",
        "How far have the changed logits moved along u? Move them back by that, token by token, "
        "and nowhere else.",
        "You have two effects, with the projection put back and without: for each the mean over "
        "the tokens of how far the entropy is from the clean one. What share of the second is "
        "gone in the first?",
    ],
    mistakes={
        "This is the share that is left: the share that goes is asked for.": (
            lambda clean, changed, u: 1 - _share(clean, changed, u)
        ),
        "The changed logits move on, away from the clean ones: turn the sign of the step.": (
            lambda clean, changed, u: _gone(clean, changed, _put_back(clean, changed, u, -1.0))
        ),
        "The projection on u is taken out: put it back to what it is in the clean logits.": (
            lambda clean, changed, u: _gone(clean, changed, changed - torch.outer(changed @ u, u))
        ),
        "This is what the step along u does alone, from the clean logits: start from the changed "
        "ones, and look at what is left without it.": lambda clean, changed, u: (
            1 - _gone(clean, changed, _put_back(changed, clean, u))
        ),
        "This is the way back from the changed logits, which may lead past the clean ones: measure "
        "how far the restored entropy is from the clean one.": lambda clean, changed, u: (
            1 - _gone(changed, clean, _put_back(clean, changed, u))
        ),
        "Effects of both signs cancel: take the size of each token's effect before the mean.": (
            _by_token(lambda left, whole: 1 - left.mean() / whole.mean())
        ),
        "This is a mean of ratios, which tokens rule where next to nothing happens: divide a mean "
        "by a mean.": _by_token(lambda left, whole: 1 - (left / whole).abs().mean()),
        "The effects are squared: take their size.": _by_token(
            lambda left, whole: 1 - left.square().mean() / whole.square().mean()
        ),
        "This compares distances among the logits: the share is one of the effect on entropy.": (
            lambda clean, changed, u: ((clean - changed) @ u).norm() / (clean - changed).norm()
        ),
    },
    tolerance=1e-3,
)


def _temperature(logits: Logits, entropy: float) -> float:
    return nearness.temperature(logits, entropy, EXACT)


def _found(reached: Callable[[Logits, float], Tensor], logits: Logits, entropy: float) -> float:
    """The temperature at which some wrong measure has this value."""
    low, high = COLDEST, HOTTEST
    for _ in range(EXACT):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if reached(logits, middle) < entropy else (low, middle)
    return low


def _mean_of_temperatures(logits: Logits, entropy: float) -> float:
    return sum(_temperature(row[None], entropy) for row in logits) / len(logits)


def _spread_logits(generator: Generator) -> list[tuple[Tensor, float]]:
    """Predictions of very different entropy, to be heated and to be cooled."""
    spread = torch.tensor([0.5, 1.0, 3.0, 9.0])[:, None]
    logits = spread * torch.randn(4, 50, generator=generator) + 1
    return [(logits, 3.6), (logits, 1.2), (3 * logits, 3.0)]


temperature = Exercise(
    "frequency_direction.temperature",
    reference=_temperature,
    draw=_spread_logits,
    hints=[
        "There is no formula for it: try a temperature, and look whether the mean entropy is too "
        "low or too high.",
        "Entropy rises with temperature. So one try between two bounds says on which side the "
        "answer lies: move that bound, and try again.",
        "Bounds such as 0.01 and 100 hold it. The middle between them is better taken as the root "
        "of their product; forty steps leave no doubt.",
    ],
    mistakes={
        "This is a ratio of entropies: entropy does not grow in proportion to temperature. "
        "Search.": lambda logits, entropy: entropy / float(cn.entropy(logits).mean()),
        "This is what the logits would be multiplied by: a temperature divides them.": (
            lambda logits, entropy: 1 / _temperature(logits, entropy)
        ),
        "The search never goes below 1: where the predictions are too flat, they have to be "
        "cooled.": lambda logits, entropy: max(1.0, _temperature(logits, entropy)),
        "The search never goes above 1: where the predictions are too sure, they have to be "
        "heated.": lambda logits, entropy: min(1.0, _temperature(logits, entropy)),
        "Each token has a temperature of its own here, and this is their mean: one temperature "
        "for all is asked for.": _mean_of_temperatures,
        "This looks at the first token alone: the mean over the tokens counts.": (
            lambda logits, entropy: _temperature(logits[:1], entropy)
        ),
        "This is the entropy of the mean logits: take the entropy of each token, then the mean.": (
            lambda logits, entropy: _temperature(logits.mean(dim=0, keepdim=True), entropy)
        ),
        "This is the entropy of the mean prediction: take the entropy of each token, then the "
        "mean.": lambda logits, entropy: _found(
            lambda x, t: cn.entropy((x / t).softmax(-1).mean(dim=0).log()), logits, entropy
        ),
        "The median of the entropies is brought to the goal: bring their mean there.": (
            lambda logits, entropy: _found(lambda x, t: cn.entropy(x / t).median(), logits, entropy)
        ),
        "Your entropy is in bits and the goal in nats: take natural logarithms.": (
            lambda logits, entropy: _temperature(logits, LN_2 * entropy)
        ),
    },
    tolerance=1e-3,
)
