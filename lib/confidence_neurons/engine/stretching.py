"""What depends on the stretch of the logits alone: exact at a few nodes, interpolated between.

With the residual stream clean and only its scale that of an ablated run, the
logits are l + e g, where g is the part of the logits that the scale divides
and e = s / s' - 1 the stretch. For one token, whatever is made of them is
therefore a function of the single number e, whatever the neuron. It is
evaluated at Chebyshev nodes of log(1 + e): a smooth function of one variable
needs few of them for the digits of float32, and more where the neurons spread
it more widely. Where the last coefficients tell that it is not so smooth (huge
logits with a bias, which the scale does not divide: the likeliest token changes
within a small part of the range), there are more nodes, and in the end one for
every neuron.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.engine.logits import LOG2E, SAFE_BITS
from confidence_neurons.engine.softmax import LN2, rows_at_once

NODES = ((0.2, 9), (1.4, 17), (math.inf, 33))  # spread of log(1 + e) up to which, how many
NARROWEST = 1e-3
FINEST = 1e-8  # nats

Rows = slice | Int[Tensor, " row"]
Evaluate = Callable[[Rows, Float[Tensor, "row node"]], tuple[Float[Tensor, "row node"], ...]]


def interpolated(
    stretch: Float[Tensor, "token neuron"],
    evaluate: Evaluate,
    rounding: Float[Tensor, " token"],
) -> tuple[Float[Tensor, "token neuron"], ...]:
    """Functions of the stretch that are 0 without any, for every token and neuron.

    What the interpolation makes of no stretch is taken off: the rounding of
    the nodes, which would drown the smallest effects.

    Parameters
    ----------
    evaluate:
        Given some tokens and stretches for each, the functions' values there.
    rounding:
        How finely the logits of each token are known.
    """
    log_stretch = stretch.log1p()
    low = log_stretch.amin(dim=-1, keepdim=True).clamp(max=0) - NARROWEST
    high = log_stretch.amax(dim=-1, keepdim=True).clamp(min=0) + NARROWEST
    spread = (high - low).squeeze(-1) - 2 * NARROWEST
    left = torch.ones_like(spread, dtype=torch.bool)
    found: tuple[Tensor, ...] = ()
    for most, count in NODES:
        chosen = left & ~(spread > most)
        if not chosen.any():
            continue
        rows = slice(None) if chosen.all() else chosen.nonzero().squeeze(-1)
        middle, half = (low[rows] + high[rows]) / 2, (high[rows] - low[rows]) / 2
        angles = (torch.arange(count, dtype=torch.float64) + 0.5) * (math.pi / count)
        values = evaluate(rows, torch.expm1(middle + half * angles.cos().to(low)))
        # Chebyshev coefficients by the discrete cosine transform.
        orders = torch.arange(count, dtype=torch.float64)
        transform = (2 / count * (orders[:, None] * angles).cos()).to(low)
        transform[0] /= 2
        x = (log_stretch[rows] - middle) / half
        found = found or tuple(torch.empty_like(stretch) for _ in values)
        rough = torch.zeros_like(left[rows])
        for whole, value in zip(found, values, strict=True):
            coefficients = value @ transform.T
            whole[rows] = _chebyshev(coefficients, x) - _chebyshev(coefficients, -middle / half)
            last = coefficients[:, -2:].abs().amax(dim=-1)
            rough |= last > rounding[rows].clamp(min=FINEST)
        left[rows] = rough
    if left.any():
        values = evaluate(left.nonzero().squeeze(-1), stretch[left])
        for whole, value in zip(found, values, strict=True):
            whole[left] = value
    return found


class Response(NamedTuple):
    """What logits l + e g make of a part of the vocabulary.

    Attributes
    ----------
    log_mass:
        log sum exp(l + e g), less that of l.
    mean:
        Mean of l + e g under the distribution that they give, less the mean of l.
    """

    log_mass: Float[Tensor, "token node"]
    mean: Float[Tensor, "token node"]


def response(
    log_p: Float[Tensor, "token entry"],
    centred: Float[Tensor, "token entry"],
    scaled: Float[Tensor, "token entry"],
    stretch: Float[Tensor, "token node"],
) -> Response:
    """At each node, in nats.

    Parameters
    ----------
    log_p:
        Logarithms of a distribution, in bits; -inf for entries that do not count.
    centred, scaled:
        l and g; where they are one and the same tensor it is read once.
    """
    log_mass, mean = torch.empty_like(stretch), torch.empty_like(stretch)
    rows = rows_at_once(log_p)
    memory = torch.empty_like(log_p[:rows])
    for first in range(0, len(log_p), rows):
        some = slice(first, first + rows)
        start, g, level = log_p[some], scaled[some], centred[some]
        tilted = memory[: len(start)]
        sizes = stretch[some].abs().amax(dim=-1) * g.abs().amax(dim=-1)
        safe = bool(sizes.max() * LOG2E <= SAFE_BITS)
        before = torch.exp2(start, out=tilted)
        unit = before.sum(dim=-1)
        clean_mean = torch.linalg.vecdot(before, level) / unit
        for node, e in enumerate(stretch[some].split(1, dim=1)):
            torch.addcmul(start, e * LOG2E, g, out=tilted)
            top = torch.zeros_like(unit) if safe else tilted.amax(dim=-1)
            mass = (tilted if safe else tilted.sub_(top[:, None])).exp2_().sum(dim=-1)
            log_mass[some, node] = ((mass / unit).log2() + top) * LN2
            of_level = None if scaled is centred else torch.linalg.vecdot(tilted, level)
            along = tilted.mul_(g).sum(dim=-1)
            of_level = along if of_level is None else of_level
            mean[some, node] = (of_level + e.squeeze(1) * along) / mass - clean_mean
    return Response(log_mass, mean)


def _chebyshev(
    coefficients: Float[Tensor, "token node"], x: Float[Tensor, "token neuron"]
) -> Float[Tensor, "token neuron"]:
    """Sum of coefficients times Chebyshev polynomials, by Clenshaw's recurrence."""
    later, latest = torch.zeros_like(x), torch.zeros_like(x)
    for column in reversed(coefficients.split(1, dim=-1)[1:]):
        later, latest = latest, 2 * x * latest - later + column
    return x * latest - later + coefficients[:, :1]
