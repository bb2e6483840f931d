"""What the exercises are checked with: references, and inputs that wrong answers fail on."""

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.final_norm import FinalNorm

SLOPE_STEP = 1e-4


def entropy_inputs() -> list[tuple[Tensor]]:
    """Logits near and far from each other, all alike, of one row and of several."""
    several = torch.randn(3, 50, generator=torch.Generator().manual_seed(0))
    return [(several[0],), (several + 5,), (100 * several,), (torch.zeros(6),)]


def logits_at(
    x: Float[Tensor, "token d_model"],
    weights: Float[Tensor, "d_model d_vocab"],
    bias: Float[Tensor, " d_vocab"],
    eps: float,
    factor: float,
) -> Float[Tensor, "token d_vocab"]:
    """Logits behind a LayerNorm whose scale is multiplied by a factor."""
    norm = FinalNorm(centres=True, eps=eps)
    return norm.apply(x, factor * norm.scale(x)) @ weights + bias


def dial_inputs() -> list[tuple[Tensor, Tensor, Tensor, float, float]]:
    """Streams with a mean to subtract, and short ones, whose epsilon counts."""
    generator = torch.Generator().manual_seed(1)
    x, weights, bias = (torch.randn(*n, generator=generator) for n in ((4, 16), (16, 30), (30,)))
    offset = torch.linspace(-3, 3, 4)[:, None]
    return [
        (x + offset, weights, bias, 1e-5, 1.0),
        (x + offset, weights, bias, 1e-5, 3.0),
        (0.1 * x + offset, weights, bias, 0.01, 0.5),
    ]


def numerical_slope(logits: Float[Tensor, " d_vocab"], temperature: float) -> Tensor:
    """How steeply the entropy rises with temperature: a difference of two entropies."""
    above, below = (cn.entropy(logits / (temperature + h)) for h in (SLOPE_STEP, -SLOPE_STEP))
    return (above - below) / (2 * SLOPE_STEP)


def slope_inputs() -> list[tuple[Tensor, float]]:
    """Logits of several spreads and centres, at several temperatures."""
    logits = torch.randn(3, 50, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return [(2 * logits[0], 1.0), (logits[1] + 3, 2.0), (3 * logits[2] - 1, 0.5)]


def calibration_error(said: pd.DataFrame) -> float:
    """Expected calibration error from a row per token."""
    return cn.expected_calibration_error(cn.reliability(said))


def calibration_inputs() -> list[tuple[pd.DataFrame]]:
    """Too sure, not sure enough, both at once in different bins; with a certainty among them."""
    generator = torch.Generator().manual_seed(3)
    sure = torch.rand(400, generator=generator, dtype=torch.float64) ** 2
    sure[0] = 1.0
    frames = []
    for happens in (0.6 * sure, sure.sqrt(), 0.35 + 0.3 * sure):
        right = torch.rand(400, generator=generator, dtype=torch.float64) < happens
        frames.append(pd.DataFrame({"confidence": sure.numpy(), "right": right.double().numpy()}))
    return [(frame,) for frame in frames]
