"""The effect of an ablation through the final scale alone.

With the residual stream clean and only its scale that of the ablated run, the
logits are l + e g, where g is the part of the logits that the scale divides
and e = s / s' - 1 the stretch. For one token, entropy and loss are therefore
functions of the single number e, whatever the neuron. They are evaluated
exactly at Chebyshev nodes of log(1 + e) and interpolated between them: a
smooth function of one variable needs few nodes for float32 precision.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.engine.exact import Changes
from confidence_neurons.engine.logits import LOG2E, SAFE_BITS
from confidence_neurons.engine.readout import Ablations, Clean, Readout
from confidence_neurons.engine.softmax import LN2, distribution_in_bits, rows_at_once

NODES, WIDE_NODES = 17, 33
WIDE = 1.4  # spread of log(1 + e) at a token, above which more nodes are taken
NARROWEST = 1e-3


@torch.no_grad()
def indirect_changes(readout: Readout, clean: Clean, ablations: Ablations) -> Changes:
    """`entropy_indirect` and `loss_indirect`, ablated minus clean, in nats."""
    log_stretch = ablations.stretch.log1p()
    spread = log_stretch.amax(dim=-1) - log_stretch.amin(dim=-1)
    wide = (spread > WIDE).nonzero().squeeze(-1)
    changes = _interpolated(readout, clean, ablations, NODES)
    if len(wide):
        finer = _interpolated(readout, clean.tokens(wide), ablations.tokens(wide), WIDE_NODES)
        for name, values in finer.items():
            changes[name][wide] = values
    return changes


def _interpolated(readout: Readout, clean: Clean, ablations: Ablations, count: int) -> Changes:
    """Evaluated at so many nodes a token, and interpolated for every neuron."""
    log_stretch = ablations.stretch.log1p()
    low = log_stretch.amin(dim=-1, keepdim=True) - NARROWEST
    high = log_stretch.amax(dim=-1, keepdim=True) + NARROWEST
    angles = (torch.arange(count, dtype=torch.float64) + 0.5) * (math.pi / count)
    nodes = angles.cos().to(low)
    stretch = torch.expm1((low + high) / 2 + (high - low) / 2 * nodes)
    rows = rows_at_once(clean.centred)
    responses = [
        _scale_response(
            clean.centred[few],
            clean.probability[few],
            ablations.target[few],
            stretch[few],
            readout.bias,
        )
        for few in (slice(first, first + rows) for first in range(0, len(stretch), rows))
    ]
    entropy, loss = (torch.cat(part) for part in zip(*responses, strict=True))

    # Chebyshev coefficients by the discrete cosine transform.
    orders = torch.arange(count, dtype=torch.float64)
    transform = (2 / count * (orders[:, None] * angles).cos()).to(low)
    transform[0] /= 2
    x = (2 * log_stretch - low - high) / (high - low)
    return {
        "entropy_indirect": _chebyshev(entropy @ transform.T, x),
        "loss_indirect": _chebyshev(loss @ transform.T, x),
    }


def _scale_response(
    centred: Float[Tensor, "token d_vocab"],
    probability: Float[Tensor, "token d_vocab"],
    target: Int[Tensor, " token"],
    stretch: Float[Tensor, "token node"],
    bias: Float[Tensor, " d_vocab"],
) -> tuple[Float[Tensor, "token node"], Float[Tensor, "token node"]]:
    """Changes of entropy and loss when the logits are stretched, at each node."""
    base = centred * LOG2E
    scaled = base - bias * LOG2E
    scaled -= torch.linalg.vecdot(probability, scaled).unsqueeze(-1)
    scaled_target = scaled.gather(1, target[:, None])
    highest = base.abs().max() + stretch.abs().max() * scaled.abs().max()
    unit = None if highest > SAFE_BITS else base.exp2().sum(dim=-1, keepdim=True)
    before = distribution_in_bits(base[:, None], unit)
    entropies, losses = [], []
    logits, spare = torch.empty_like(base)[:, None], torch.empty_like(base)[:, None]
    for column in stretch.split(1, dim=-1):
        torch.addcmul(base[:, None], column[:, None], scaled[:, None], out=logits)
        after = distribution_in_bits(logits, unit, spare=spare)
        entropies.append(after["entropy"] - before["entropy"])
        losses.append(after["log_z"] - before["log_z"] - column * scaled_target)
    return torch.cat(entropies, dim=-1) * LN2, torch.cat(losses, dim=-1) * LN2


def _chebyshev(
    coefficients: Float[Tensor, "token node"], x: Float[Tensor, "token neuron"]
) -> Float[Tensor, "token neuron"]:
    """Sum of coefficients times Chebyshev polynomials, by Clenshaw's recurrence."""
    later, latest = torch.zeros_like(x), torch.zeros_like(x)
    for column in reversed(coefficients.split(1, dim=-1)[1:]):
        later, latest = latest, 2 * x * latest - later + column
    return x * latest - later + coefficients[:, :1]
