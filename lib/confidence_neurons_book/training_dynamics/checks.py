"""What the exercises are checked with: inputs and references, for the notebook and its tests."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

NEVER = -1
THIRD, ZERO = 1 / 3, 1e-4


def onset(
    steps: Int[Tensor, " step"], values: Float[Tensor, " step"], threshold: float
) -> list[int]:
    """The last step before the first one at which a threshold is passed, and that one."""
    above = (values > threshold).nonzero().flatten().tolist()
    if not above:
        return [NEVER, NEVER]
    return [int(steps[max(0, above[0] - 1)]), int(steps[above[0]])]


def courses(count: int = 3) -> list[tuple[Tensor, Tensor, float]]:
    """Series that cross and come back, one that never does, one that begins above, one at it."""
    steps = torch.tensor([0, 16, 40, 100, 260, 700, 1800])
    found = []
    for seed in range(count):
        draw = torch.Generator().manual_seed(seed)
        values = torch.linspace(0, 1, len(steps)) + 0.2 * torch.rand(len(steps), generator=draw)
        values[-1] = 0.1  # what has begun may end
        found.append((steps, values, 0.5))
    at = torch.tensor([0.0, 0.1, 0.5, 0.5, 0.75, 0.9, 0.6])
    return [*found, (steps, at, 0.5), (steps, at, 2.0), (steps, at + 1, 0.5)]


def followed(values: Float[Tensor, "step neuron"], named: int, count: int) -> Tensor:
    """At each step the mean of the neurons that are highest at one, and that of all others."""
    highest = values[named].topk(count).indices
    rest = torch.ones(values.shape[1], dtype=torch.bool)
    rest[highest] = False
    return torch.stack([values[:, highest].mean(dim=1), values[:, rest].mean(dim=1)], dim=1)


def layers(count: int = 2) -> list[tuple[Tensor, int, int]]:
    """Neurons that wander, named at the beginning, in the middle, at the end."""
    found = []
    for seed in range(count):
        draw = torch.Generator().manual_seed(seed)
        values = torch.randn(8, 40, generator=draw).cumsum(dim=0)
        found += [(values, 0, 5), (values, 4, 3), (values, -1, 5)]
    return found


def nearly_null(values: Float[Tensor, " direction"]) -> int:
    """How many singular values lie under a third of the median, but are not zero."""
    relative = values / values.median()
    return int(((relative < THIRD) & (relative > ZERO)).sum())


def spectra() -> list[tuple[Tensor]]:
    """Some with exact zeros, some without, in falling and in rising order, on several scales."""
    flat = torch.linspace(1.4, 0.7, 30)
    closed = torch.cat([torch.linspace(40, 20, 20), torch.tensor([12.0, 6.0, 2.0, 1e-6])])
    return [(flat,), (closed,), (closed.flip(0),), (1000 * closed,), (torch.cat([flat, flat / 4]),)]
