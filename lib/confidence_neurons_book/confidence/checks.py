"""The exercises: what is right, inputs that wrong answers fail on, mistakes, hints."""

from collections.abc import Callable

import pandas as pd
import torch
from jaxtyping import Float
from torch import Generator, Tensor

import confidence_neurons as cn
from confidence_neurons.exercises import Exercise
from confidence_neurons.model.final_norm import FinalNorm

SLOPE_STEP = 1e-4
LN_2 = 0.693147


def _logits(generator: Generator) -> list[tuple[Tensor]]:
    """Of one row and of several, with large steps, far from zero, and all alike."""
    several = torch.randn(3, 50, generator=generator)
    return [(several[0],), (several + 100,), (60 * several - 100,), (torch.zeros(6),)]


def _by_exponentials(logits: Float[Tensor, "*batch d_vocab"]) -> Float[Tensor, "*batch"]:
    p = logits.exp() / logits.exp().sum(-1, keepdim=True)
    return -(p * p.log()).sum(-1)


entropy = Exercise(
    "confidence.entropy",
    reference=cn.entropy,
    draw=_logits,
    hints=[
        "The entropy is the mean surprisal: what is the surprisal of one token?",
        "Weigh each token's surprisal by its probability, and add up over the last axis.",
        "`logits.log_softmax(dim=-1)` gives the logarithms of the probabilities in one step, "
        "finite even where a probability is rounded to zero.",
    ],
    mistakes={
        "This is in bits: take the natural logarithm to get nats.": lambda logits: (
            cn.entropy(logits) / LN_2
        ),
        "A probability that is rounded to zero gives 0 times the logarithm of 0, which is NaN: "
        "make the logarithms of the probabilities in one step.": lambda logits: (
            -(logits.softmax(-1) * logits.softmax(-1).log()).sum(-1)
        ),
        "The exponentials of large logits are infinite: take the largest logit off first, or let "
        "torch do the softmax.": _by_exponentials,
        "This is a mean over the vocabulary: add the tokens' terms up.": lambda logits: (
            cn.entropy(logits) / logits.shape[-1]
        ),
        "The minus is missing: logarithms of probabilities are negative, an entropy is not.": (
            lambda logits: -cn.entropy(logits)
        ),
        "This is one number for all rows: add up over the last axis alone.": lambda logits: (
            cn.entropy(logits).sum()
        ),
        "The softmax runs over the rows: let it run over the last axis.": lambda logits: (
            -(logits.softmax(0) * logits.log_softmax(0)).sum(-1)
        ),
        "This is the surprisal of the likeliest token: take the mean over all tokens.": (
            lambda logits: -logits.log_softmax(-1).amax(-1)
        ),
    },
)


def _logits_behind_norm(
    x: Float[Tensor, "token d_model"],
    weights: Float[Tensor, "d_model d_vocab"],
    bias: Float[Tensor, " d_vocab"],
    eps: float,
    factor: float,
) -> Float[Tensor, "token d_vocab"]:
    norm = FinalNorm(centres=True, eps=eps)
    return norm.apply(x, factor * norm.scale(x)) @ weights + bias


def _streams(generator: Generator) -> list[tuple[Tensor, Tensor, Tensor, float, float]]:
    """Streams with a mean to subtract, and short ones, whose epsilon counts."""
    x, weights, bias = (torch.randn(*n, generator=generator) for n in ((4, 16), (16, 30), (30,)))
    offset = torch.linspace(-3, 3, 4)[:, None]
    return [
        (x + offset, weights, bias, 1e-5, 1.0),
        (x + offset, weights, bias, 1e-5, 3.0),
        (0.1 * x + offset, weights, bias, 0.01, 0.5),
    ]


def _without_mean(
    x: Tensor, weights: Tensor, bias: Tensor, eps: float, factor: float
) -> Float[Tensor, "token d_vocab"]:
    scale = (x.pow(2).mean(-1, keepdim=True) + eps).sqrt()
    return x / (factor * scale) @ weights + bias


def _by_one_less(
    x: Tensor, weights: Tensor, bias: Tensor, eps: float, factor: float
) -> Float[Tensor, "token d_vocab"]:
    scale = (x.var(-1, keepdim=True) + eps).sqrt()
    return (x - x.mean(-1, keepdim=True)) / (factor * scale) @ weights + bias


logits = Exercise(
    "confidence.logits",
    reference=_logits_behind_norm,
    draw=_streams,
    hints=[
        "Three steps: centre the stream, divide it by factor times scale, unembed.",
        "The scale is the root of the mean square of the centred stream plus epsilon, one number "
        "for each token.",
        "`keepdim=True` keeps the last axis of a mean, so that a number for each token divides its "
        "whole stream.",
    ],
    mistakes={
        "The mean of each stream is still in it: centre before you divide.": _without_mean,
        "The bias is divided by the factor too: this is a temperature. The factor turns the scale "
        "alone.": lambda x, weights, bias, eps, factor: _logits_behind_norm(
            x, weights, bias / factor, eps, factor
        ),
        "The variance divides by n - 1, as torch.std and torch.var do: the norm divides by n.": (
            _by_one_less
        ),
        "Epsilon is missing under the root: on short streams it counts.": (
            lambda x, weights, bias, eps, factor: _logits_behind_norm(x, weights, bias, 0.0, factor)
        ),
        "The factor does nothing yet: multiply the scale by it.": (
            lambda x, weights, bias, eps, factor: _logits_behind_norm(x, weights, bias, eps, 1.0)
        ),
        "The factor makes the stream longer here: multiply the scale by it, which divides.": (
            lambda x, weights, bias, eps, factor: _logits_behind_norm(
                x, weights, bias, eps, 1 / factor
            )
        ),
        "The unembedding's bias is missing: add it at the end.": (
            lambda x, weights, bias, eps, factor: _logits_behind_norm(
                x, weights, 0 * bias, eps, factor
            )
        ),
    },
    tolerance=1e-3,
)


def _numerical_slope(logits: Float[Tensor, " d_vocab"], temperature: float) -> Tensor:
    """How steeply the entropy rises with temperature: a difference of two entropies."""
    above, below = (cn.entropy(logits / (temperature + h)) for h in (SLOPE_STEP, -SLOPE_STEP))
    return (above - below) / (2 * SLOPE_STEP)


def _variance(logits: Float[Tensor, " d_vocab"], temperature: float) -> Tensor:
    p = (logits / temperature).softmax(dim=-1)
    return (p * (logits - (p * logits).sum()) ** 2).sum()


def _warm_logits(generator: Generator) -> list[tuple[Tensor, float]]:
    """Logits of several spreads and centres, at several temperatures."""
    drawn = torch.randn(3, 50, generator=generator, dtype=torch.float64)
    return [(2 * drawn[0], 1.0), (drawn[1] + 3, 2.0), (3 * drawn[2] - 1, 0.5)]


slope = Exercise(
    "confidence.slope",
    reference=_numerical_slope,
    draw=_warm_logits,
    hints=[
        "Differentiate by beta first. What is the derivative of log Z by beta?",
        "It is the mean logit under p, and the derivative of that mean is a variance. So dH/dbeta "
        "is minus beta times this variance.",
        "By the chain rule dH/dT is dH/dbeta times dbeta/dT, and beta = 1/T.",
    ],
    mistakes={
        "This has the mean square of the logits: take the square of their distance from their mean "
        "under p.": lambda logits, temperature: (
            ((logits / temperature).softmax(-1) * logits**2).sum() / temperature**3
        ),
        "The power of T is wrong: beta gives one 1/T, and dbeta/dT two more.": (
            lambda logits, temperature: _variance(logits, temperature) / temperature**2
        ),
        "This is the slope at T = 1: p belongs to the logits divided by T.": (
            lambda logits, temperature: _variance(logits, 1.0)
        ),
        "Each token counts alike in this variance: weigh it by its probability.": (
            lambda logits, temperature: logits.var() / temperature**3
        ),
        "The sign is wrong: dH/dbeta and dbeta/dT are both negative.": (
            lambda logits, temperature: -_variance(logits, temperature) / temperature**3
        ),
        "This is the entropy itself: its slope is asked for.": (
            lambda logits, temperature: cn.entropy(logits / temperature)
        ),
    },
    tolerance=1e-3,
)


def _expected_calibration_error(said: pd.DataFrame) -> float:
    return cn.expected_calibration_error(cn.reliability(said))


def _answers(generator: Generator) -> list[tuple[pd.DataFrame]]:
    """Too sure, not sure enough, both at once in different bins; with a certainty among them."""
    sure = torch.rand(400, generator=generator, dtype=torch.float64) ** 2
    sure[0] = 1.0
    frames = []
    for happens in (0.6 * sure, sure.sqrt(), 0.35 + 0.3 * sure):
        right = torch.rand(400, generator=generator, dtype=torch.float64) < happens
        frames.append(pd.DataFrame({"confidence": sure.numpy(), "right": right.double().numpy()}))
    return [(frame,) for frame in frames]


def _by_bin(of_bin: Callable[[float, float], float], said: pd.DataFrame) -> float:
    """Sum over the bins of what each gives from its gap and its share of the tokens."""
    place = (said["confidence"] * 10).astype(int).clip(upper=9)
    bins = (said["right"] - said["confidence"]).groupby(place).agg(["mean", "size"])
    return sum(of_bin(gap, size / len(said)) for gap, size in bins.itertuples(index=False))


calibration_error = Exercise(
    "confidence.calibration_error",
    reference=_expected_calibration_error,
    draw=_answers,
    hints=[
        "Give each token the number of its bin, from 0 to 9. A confidence of 1 is in the last.",
        "In each bin: how far is the share of right answers from the mean confidence?",
        "Each gap loses its sign, then counts by the share of the tokens that are in its bin.",
    ],
    mistakes={
        "Gaps of both signs cancel: take the size of each bin's gap before you add.": (
            lambda said: _by_bin(lambda gap, share: gap * share, said)
        ),
        "All bins count alike: weigh each by its share of the tokens.": lambda said: (
            _by_bin(lambda gap, share: abs(gap), said) / _by_bin(lambda gap, share: 1, said)
        ),
        "This has one bin for everything: group the tokens by their confidence first.": (
            lambda said: abs(float((said["right"] - said["confidence"]).mean()))
        ),
        "This compares token by token, where right is 0 or 1: take the means of each bin first.": (
            lambda said: float((said["right"] - said["confidence"]).abs().mean())
        ),
        "The gaps are squared: the error is their size.": (
            lambda said: _by_bin(lambda gap, share: gap**2 * share, said)
        ),
    },
)
