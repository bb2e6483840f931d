"""The exercises: what is right, inputs that wrong answers fail on, mistakes, hints."""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

import confidence_neurons as cn
from confidence_neurons.exercises import Exercise


def _effective(
    weights: Float[Tensor, "d_model d_vocab"], gain: Float[Tensor, " d_model"]
) -> Float[Tensor, "d_model d_vocab"]:
    folded = weights * gain[:, None]
    return folded - folded.mean(dim=1, keepdim=True)


def _projection(
    matrix: Float[Tensor, "d_model d_vocab"], k: int
) -> Float[Tensor, "d_model d_model"]:
    """Onto the k directions that the matrix hears least."""
    space = cn.spectrum(matrix).null_space(k)
    return space @ space.T


def _loudest(matrix: Float[Tensor, "d_model d_vocab"], k: int) -> Float[Tensor, "d_model d_model"]:
    """Onto the k directions that the matrix hears most."""
    return torch.eye(len(matrix)) - _projection(matrix, len(matrix) - k)


def _smallest_gains(
    weights: Float[Tensor, "d_model d_vocab"], gain: Float[Tensor, " d_model"], k: int
) -> Float[Tensor, "d_model d_model"]:
    return torch.eye(len(weights))[:, gain.abs().argsort()[:k]].pow(2).sum(dim=1).diag()


def _unembeddings(generator: Generator) -> list[tuple[Tensor, Tensor, int]]:
    """Rows of unequal length with means of their own, gains of both signs; one square."""
    inputs = []
    for d_model, d_vocab, k in ((6, 40, 1), (12, 200, 3), (9, 9, 2)):
        lengths = torch.linspace(0.5, 4, d_model)[:, None]
        weights = lengths * torch.randn(d_model, d_vocab, generator=generator)
        weights += 2 * torch.randn(d_model, 1, generator=generator)
        inputs.append((weights, torch.linspace(3, -1, d_model) + 0.1, k))
    return inputs


quiet_directions = Exercise(
    "null_space.quiet_directions",
    reference=lambda weights, gain, k: _projection(_effective(weights, gain), k),
    draw=_unembeddings,
    hints=[
        "First make the effective unembedding of an RMSNorm model: what stands between the stream "
        "and the logits beside the stored matrix, and what does softmax not see?",
        "Gain times matrix, coordinate by coordinate; then each row loses its mean over the "
        "vocabulary. A singular value decomposition of that finds the directions of the stream.",
        "The directions are the columns of U. `torch.linalg.svd` gives the loudest first, "
        "`torch.linalg.eigh` of the matrix times its transpose the quietest first. Keep k of them.",
    ],
    mistakes={
        "The gain is missing: multiply each row of the unembedding by its own gain.": (
            lambda weights, gain, k: _projection(_effective(weights, torch.ones_like(gain)), k)
        ),
        "The mean over the vocabulary is still in each row. Softmax does not see it: take it off "
        "before the decomposition.": lambda weights, gain, k: _projection(
            weights * gain[:, None], k
        ),
        "Each column lost its mean, as for a LayerNorm. An RMSNorm does not centre the stream: "
        "take the mean of each row, over the vocabulary.": lambda weights, gain, k: _projection(
            weights * gain[:, None] - (weights * gain[:, None]).mean(dim=0), k
        ),
        "These are the loudest directions: take the other end of the spectrum.": (
            lambda weights, gain, k: _loudest(_effective(weights, gain), k)
        ),
        "This keeps everything but the quiet directions: project onto them.": (
            lambda weights, gain, k: (
                torch.eye(len(gain)) - _projection(_effective(weights, gain), k)
            )
        ),
        "These are the coordinates with the smallest gains. A direction is also quiet where rows "
        "of the matrix cancel: decompose the whole.": _smallest_gains,
        "The two factors are exchanged: directions that are perpendicular give the k by k identity "
        "this way. Put the transposed one second.": lambda weights, gain, k: torch.eye(k),
    },
    tolerance=1e-3,
)


def _temperature(
    x: Float[Tensor, "token d_model"], v: Float[Tensor, " d_model"], alpha: float
) -> Float[Tensor, " token"]:
    return (x + alpha * v).norm(dim=1) / x.norm(dim=1)


def _stream(generator: Generator) -> tuple[Tensor, Tensor]:
    """A stream with a mean, and a unit vector that it is not perpendicular to."""
    x = torch.randn(6, 16, generator=generator) + torch.linspace(0, 1, 16)
    return x, torch.nn.functional.normalize(torch.randn(16, generator=generator), dim=0)


def _writes(generator: Generator) -> list[tuple[Tensor, Tensor, float]]:
    """Both ways, a short one, and none."""
    x, v = _stream(generator)
    return [(x, v, alpha) for alpha in (2.0, -2.0, 0.5, 0.0)]


temperature = Exercise(
    "null_space.temperature",
    reference=_temperature,
    draw=_writes,
    hints=[
        "The logits are the stream over the scale, times the unembedding. A null write leaves the "
        "stream's product with it as it was: what changes?",
        "The temperature is the new scale over the old one, and the scale of an RMSNorm is the "
        "length of the stream but for a constant.",
        "Square the length of the sum: the length of `x`, that of the write, and a cross term that "
        "knows on which side of `v` the stream lies.",
    ],
    mistakes={
        "The cross term is missing: the stream is not perpendicular to v, so that a write may "
        "also shorten it.": lambda x, v, alpha: (1 + alpha**2 / x.pow(2).sum(dim=1)).sqrt(),
        "Half of the cross term is missing: the square of a sum has it twice.": (
            lambda x, v, alpha: (1 + (alpha * (x @ v) + alpha**2) / x.pow(2).sum(dim=1)).sqrt()
        ),
        "Lengths do not add up unless two vectors lie on one line: add the vectors first.": (
            lambda x, v, alpha: 1 + abs(alpha) / x.norm(dim=1)
        ),
        "The ratio is upside down: a longer stream makes the logits smaller, which is a higher "
        "temperature.": lambda x, v, alpha: 1 / _temperature(x, v, alpha),
        "This is the square of the temperature: take the root.": lambda x, v, alpha: (
            _temperature(x, v, alpha) ** 2
        ),
        "This is the new length: compare it with the old one.": lambda x, v, alpha: (
            x + alpha * v
        ).norm(dim=1),
        "The mean is taken off, as a LayerNorm does: an RMSNorm takes the stream as it is.": (
            lambda x, v, alpha: (x + alpha * v).std(dim=1) / x.std(dim=1)
        ),
    },
)


def _cosine(
    x: Float[Tensor, "token d_model"], v: Float[Tensor, " d_model"]
) -> Float[Tensor, " token"]:
    return x @ v / x.norm(dim=1)


def _lowest_temperature(
    x: Float[Tensor, "token d_model"], v: Float[Tensor, " d_model"]
) -> Float[Tensor, " token"]:
    return (x - torch.outer(x @ v, v)).norm(dim=1) / x.norm(dim=1)


def _streams(generator: Generator) -> list[tuple[Tensor, Tensor]]:
    """Streams of several lengths, with parts on both sides of the direction."""
    x, v = _stream(generator)
    return [(x, v), (x[:2], v.flip(0)), (3 * x, -v)]


lowest_temperature = Exercise(
    "null_space.lowest_temperature",
    reference=_lowest_temperature,
    draw=_streams,
    hints=[
        "The temperature of exercise 2 is a function of `alpha`, another one at each token. Where "
        "is it lowest?",
        "Under the root stands a parabola in `alpha`. At its lowest point nothing of the stream "
        "is left along `v`.",
        "What is left of the stream is perpendicular to `v`. Its length over that of the stream "
        "follows from their angle, by Pythagoras.",
    ],
    mistakes={
        "This is the cosine of stream and v, the part that a write can take away: asked for is "
        "what is left.": _cosine,
        "This is the square of the temperature: take the root.": lambda x, v: (
            1 - _cosine(x, v) ** 2
        ),
        "The part along v is perpendicular to what is left: subtract squares of lengths, by "
        "Pythagoras.": lambda x, v: 1 - _cosine(x, v).abs(),
        "This alpha has the wrong sign: it doubles what the stream has along v. Write against "
        "it.": (lambda x, v: (x + torch.outer(x @ v, v)).norm(dim=1) / x.norm(dim=1)),
        "This is the alpha that reaches it: asked for is the temperature there.": (
            lambda x, v: -(x @ v)
        ),
        "One alpha for all tokens is not the best for each: every token has a lowest point of "
        "its own.": lambda x, v: (x - (x @ v).mean() * v).norm(dim=1) / x.norm(dim=1),
        "The length of x is not squared: the cosine has it once, its square twice.": (
            lambda x, v: (1 - (x @ v) ** 2 / x.norm(dim=1)).sqrt()
        ),
    },
)
