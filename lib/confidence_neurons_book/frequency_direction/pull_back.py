"""From a direction in the logits back to a direction of the residual stream.

The frequency direction u lives among the logits, neurons write into the
residual stream. A unit vector d of the stream moves the logits by d W. Which d
moves them along u? There are two answers, because there are two questions:

- Which d moves the logits *farthest* along u? The projection d W u is largest
  for d along W u, the gradient: the steepest direction.
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

from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn


def purest_direction(
    space: cn.Geometry, direction: Float[Tensor, " d_vocab"], k: int
) -> Float[Tensor, " d_model"]:
    """Unit vector of the stream, outside the null space, that moves the logits most along u alone.

    d = sum over the visible singular directions i of U_i (V_i . u) / sigma_i,
    where sigma_i V_i = U_i W: the least-squares solution of d W = u, with the
    k smallest singular values left out.

    Parameters
    ----------
    space : Geometry
        Of the model.
    direction : Float[Tensor, "d_vocab"]
        Unit vector of logits, such as the frequency direction.
    k : int
        Directions left out, from 0; at least the exact null ones.

    Returns
    -------
    Float[Tensor, "d_model"]
        Of length 1.
    """
    visible = len(space.unembedding) - k
    directions = space.spectrum.directions[:, :visible].double()
    values = space.spectrum.values[:visible].double()
    heard = directions.T @ (space.unembedding.double() @ direction.double())  # sigma_i (V_i . u)
    found = directions @ (heard / values.pow(2))
    return (found / found.norm()).to(space.unembedding.dtype)


def split_output(
    w_out: Float[Tensor, " d_model"],
    null_space: Float[Tensor, "d_model k"],
    direction: Float[Tensor, " d_model"],
) -> dict[str, Float[Tensor, " d_model"]]:
    """What a neuron writes, as a sum of three parts that are orthogonal to each other.

    Take the steepest direction, W u: what is orthogonal to it has no
    projection on u, so that only the second part moves the logits along u.

    Parameters
    ----------
    w_out : Float[Tensor, "d_model"]
        Output weights of the neuron.
    null_space : Float[Tensor, "d_model k"]
        Orthonormal directions, as columns.
    direction : Float[Tensor, "d_model"]
        A direction of the stream; its part in the null space is taken out first.

    Returns
    -------
    dict[str, Float[Tensor, "d_model"]]
        "null space": the projection on it; "along u": the projection on
        `direction`; "rest": what is left.
    """
    inside = null_space @ (null_space.T @ w_out)
    visible = direction - null_space @ (null_space.T @ direction)
    unit = visible / visible.norm()
    along = (unit @ w_out) * unit
    return {"null space": inside, "along u": along, "rest": w_out - inside - along}
