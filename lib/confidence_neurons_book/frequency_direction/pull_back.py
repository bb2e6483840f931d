"""From a direction in the logits back to a direction of the residual stream.

The frequency direction u lives among the logits, neurons write into the
residual stream. A unit vector d of the stream moves the logits by d W. Which d
moves them along u? There are two answers, because there are two questions:

- Which d moves the logits *farthest* along u? The projection d W u is largest
  for d along W u, the gradient: `steepest_direction`.
- Which d moves the logits *most nearly only* along u, at whatever speed? The
  cosine of d W with u is largest for d along (W W^T)^+ W u, the least-squares
  solution of d W = u: `purest_direction`.

They agree only where all singular values are alike. With W = U S V^T the
gradient is U S V^T u and the least-squares solution U S^-1 V^T u: the first
prefers what the unembedding hears loudly, the second makes up for what it
hardly hears. Taken literally the second lies almost in the null space, where
an enormous write buys a tiny change of the logits; so the k smallest singular
values are left out of it.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.weights.unembedding import Spectrum

TINY = 1e-6


class Written(NamedTuple):
    """What a unit vector of the residual stream does to the logits, seen from a direction there.

    Attributes
    ----------
    speed:
        Projection of the change of the logits on the direction.
    cosine:
        Cosine of the change of the logits with the direction; 0 where the
        logits do not change.
    """

    speed: Float[Tensor, "*batch"]
    cosine: Float[Tensor, "*batch"]


def steepest_direction(
    unembedding: Float[Tensor, "d_model d_vocab"], direction: Float[Tensor, " d_vocab"]
) -> Float[Tensor, " d_model"]:
    """Unit vector of the stream that moves the logits farthest along `direction`: W u.

    Raises
    ------
    ValueError
        If the direction belongs to another vocabulary, or no write reaches it.
    """
    _check(unembedding, direction)
    return _unit(unembedding.double() @ direction.double()).to(unembedding.dtype)


def purest_direction(
    unembedding: Float[Tensor, "d_model d_vocab"],
    decomposition: Spectrum,
    direction: Float[Tensor, " d_vocab"],
    k: int,
) -> Float[Tensor, " d_model"]:
    """Unit vector of the stream, outside the null space, that moves the logits most along u alone.

    d = sum over the visible singular directions i of U_i (V_i . u) / sigma_i,
    where sigma_i V_i = U_i W: the least-squares solution of d W = u, with the
    k smallest singular values left out.

    Parameters
    ----------
    decomposition:
        `spectrum(unembedding)`.
    k:
        Directions left out, from 0; at least the exact null ones.

    Raises
    ------
    ValueError
        If the direction belongs to another vocabulary, no write reaches it, or
        `k` leaves nothing.
    """
    _check(unembedding, direction)
    d_model = len(unembedding)
    if not 0 <= k < d_model:
        raise ValueError(f"expected k between 0 and d_model - 1 = {d_model - 1}, got {k}")
    visible = decomposition.directions[:, : d_model - k].double()
    values = decomposition.values[: d_model - k].double()
    heard = visible.T @ (unembedding.double() @ direction.double())  # sigma_i (V_i . u)
    return _unit(visible @ (heard / values.pow(2))).to(unembedding.dtype)


def written(
    directions: Float[Tensor, "*batch d_model"],
    unembedding: Float[Tensor, "d_model d_vocab"],
    direction: Float[Tensor, " d_vocab"],
) -> Written:
    """Speed and cosine along `direction` of writing each of `directions`, per unit of length.

    Raises
    ------
    ValueError
        If `direction` belongs to another vocabulary.
    """
    _check(unembedding, direction)
    unit = torch.nn.functional.normalize(directions.double(), dim=-1)
    logits = unit @ unembedding.double()
    along = logits @ torch.nn.functional.normalize(direction.double(), dim=0)
    length = logits.norm(dim=-1)
    cosine = torch.where(length > 0, along / length, 0.0)
    return Written(along.to(directions.dtype), cosine.to(directions.dtype))


def reach(
    unembedding: Float[Tensor, "d_model d_vocab"],
    decomposition: Spectrum,
    direction: Float[Tensor, " d_vocab"],
    k: int,
) -> float:
    """Share of a unit vector of logits that writes outside the null space can make (0 to 1).

    The length of its projection on the span of the logits d W; equal to the
    cosine that `purest_direction` attains.

    Raises
    ------
    ValueError
        As `purest_direction`.
    """
    best = purest_direction(unembedding, decomposition, direction, k)
    return float(written(best, unembedding, direction).cosine)


def split_output(
    w_out: Float[Tensor, " d_model"],
    null_space: Float[Tensor, "d_model k"],
    direction: Float[Tensor, " d_model"],
) -> dict[str, Float[Tensor, " d_model"]]:
    """What a neuron writes, as a sum of three parts that are orthogonal to each other.

    Take `steepest_direction` as the direction: what is orthogonal to W u has
    no projection on u, so that only the second part moves the logits along u.

    Parameters
    ----------
    null_space:
        Orthonormal directions, as columns (`Spectrum.null_space`).
    direction:
        A direction of the stream; its part in the null space is taken out first.

    Returns
    -------
    "null space": the projection on it; "along u": the projection on
    `direction`; "rest": what is left.

    Raises
    ------
    ValueError
        If the direction lies in the null space.
    """
    inside = null_space @ (null_space.T @ w_out)
    unit = _unit(direction - null_space @ (null_space.T @ direction))
    along = (unit @ w_out) * unit
    return {"null space": inside, "along u": along, "rest": w_out - inside - along}


def _unit(vector: Float[Tensor, " d_model"]) -> Float[Tensor, " d_model"]:
    length = vector.norm()
    if length < TINY:
        raise ValueError("expected a direction that the unembedding sees, got one that it does not")
    return vector / length


def _check(
    unembedding: Float[Tensor, "d_model d_vocab"], direction: Float[Tensor, " d_vocab"]
) -> None:
    if direction.shape != unembedding.shape[1:]:
        raise ValueError(
            f"expected a direction over {unembedding.shape[1]} tokens, "
            f"got shape {tuple(direction.shape)}: it belongs to another vocabulary"
        )
