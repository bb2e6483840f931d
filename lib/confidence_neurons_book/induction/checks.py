"""What the exercises are checked against: the library's answers, and what to ask for."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from confidence_neurons.measure.interventions import held

PERIODS = (6, 9, 4)
SHARES = ((0.02, 0.06), (0.5, 0.125), (1.0, 1.0), (0.003, 0.4))


def induction_score(pattern: Float[Tensor, "row query key"], period: int) -> Tensor:
    """Mean attention of the second copy to what followed the same token in the first."""
    queries = torch.arange(period + 1, 2 * period + 1)
    return pattern[:, queries, queries - (period - 1)].mean()


def clipped_write(
    activations: Float[Tensor, "position neuron"],
    mean: Float[Tensor, " neuron"],
    rises: Bool[Tensor, " neuron"],
    w_out: Float[Tensor, "neuron d_model"],
) -> Tensor:
    """What clip ablation adds to the residual stream, as `ablate` works it out."""
    return (held(activations, mean, rises) - activations) @ w_out


def response(activations: Float[Tensor, "row position neuron"], period: int) -> Tensor:
    """Mean activation on the second copy less that on the first, of each neuron."""
    first = activations[:, 1 : period + 1].mean(dim=(0, 1))
    return activations[:, period + 1 : 2 * period].mean(dim=(0, 1)) - first


def break_even(cost: float, saved: float) -> float:
    """Share of copies that have to fail for hedging to pay: q saved = (1 - q) cost."""
    return cost / (cost + saved)


def patterns() -> list[tuple[Tensor, int]]:
    """Attention patterns drawn at random, each with its period."""
    return [(_pattern(period, seed), period) for seed, period in enumerate(PERIODS)]


def writes() -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Activations on both sides of their means; neurons that rise, fall, and do neither."""
    found = []
    for seed, rises in enumerate(([True, False, True], [False, False, True], [True, True, True])):
        draw = torch.Generator().manual_seed(seed)
        activations = 3 * torch.randn(8, 3, generator=draw)
        mean = torch.randn(3, generator=draw) - 1
        w_out = torch.randn(3, 5, generator=draw)
        found.append((activations, mean, torch.tensor(rises), w_out))
    return found


def readings() -> list[tuple[Tensor, int]]:
    """Activations of BOS and two copies, each with the period."""
    found = []
    for seed, period in enumerate(PERIODS):
        draw = torch.Generator().manual_seed(seed)
        found.append((5 * torch.randn(3, 2 * period + 1, 4, generator=draw), period))
    return found


def _pattern(period: int, seed: int) -> Float[Tensor, "row query key"]:
    """Rows that sum to one and look back only."""
    length = 2 * period + 1
    scores = 2 * torch.randn(2, length, length, generator=torch.Generator().manual_seed(seed))
    later: Int[Tensor, "query key"] = torch.ones(length, length).triu(1).bool()
    return scores.masked_fill(later, -torch.inf).softmax(dim=-1)
