"""What the exercises are checked with: inputs and references, for the notebook and its tests."""

import torch
from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn


def quiet_directions(
    weights: Float[Tensor, "d_model d_vocab"], gain: Float[Tensor, " d_model"], k: int
) -> Float[Tensor, "d_model d_model"]:
    """The projection onto the k quietest directions of an RMSNorm model's unembedding."""
    folded = weights * gain.unsqueeze(1)
    space = cn.spectrum(folded - folded.mean(dim=1, keepdim=True)).null_space(k)
    return space @ space.T


def temperature(
    x: Float[Tensor, "token d_model"], v: Float[Tensor, " d_model"], alpha: float
) -> Float[Tensor, " token"]:
    """The temperature of writing alpha v, a null unit vector, in an RMSNorm model."""
    return (x + alpha * v).norm(dim=1) / x.norm(dim=1)


def lowest_temperature(
    x: Float[Tensor, "token d_model"], v: Float[Tensor, " d_model"]
) -> Float[Tensor, " token"]:
    """The lowest temperature that writing along v can reach."""
    return (x - torch.outer(x @ v, v)).norm(dim=1) / x.norm(dim=1)


def _random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _unembedding(d_model: int, d_vocab: int, seed: int) -> tuple[Tensor, Tensor]:
    """Rows of unequal length with means of their own, and gains of both signs."""
    rows = torch.linspace(0.5, 4, d_model).unsqueeze(1)
    weights = rows * _random(d_model, d_vocab, seed=seed) + 2 * _random(d_model, 1, seed=seed + 1)
    return weights, torch.linspace(3, -1, d_model) + 0.1


_STREAM = _random(6, 16, seed=5) + torch.linspace(0, 1, 16)
_UNIT = torch.nn.functional.normalize(_random(16, seed=6), dim=0)

QUIET = [
    (*_unembedding(6, 40, seed=0), 1),
    (*_unembedding(12, 200, seed=10), 3),
    (*_unembedding(9, 9, seed=20), 2),
]
TEMPERATURE = [(_STREAM, _UNIT, alpha) for alpha in (2.0, -2.0, 0.5, 0.0)]
LOWEST = [(_STREAM, _UNIT), (_STREAM[:2], _UNIT.flip(0)), (3 * _STREAM, -_UNIT)]
