"""What the output weights of a neuron say of it.

Definitions follow Stolfo et al. 2024 (arXiv 2406.16254), sections 3 to 5.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.checks import checked
from confidence_neurons.weights.unembedding import EffectiveUnembedding, columns_of, gram

ROUNDING = 1e-6


@checked
def null_fraction(
    w_out: Float[Tensor, "neuron d_model"], null_space: Float[Tensor, "d_model k"]
) -> Float[Tensor, " neuron"]:
    """Share rho of each neuron's output that lies in the null space.

    rho = ||U_k^T w_out|| / ||w_out||: a ratio of norms, not of squares, so
    rho = 0.6 leaves a component of 0.8 outside. A direction drawn at random
    has rho of about sqrt(k / d_model).

    Parameters
    ----------
    w_out : Float[Tensor, "neuron d_model"]
        Output weights, or any vectors of the residual stream.
    null_space : Float[Tensor, "d_model k"]
        Orthonormal directions, as columns.

    Returns
    -------
    Float[Tensor, "neuron"]
        From 0 to 1; NaN for a neuron that writes nothing.

    Examples
    --------
    >>> import confidence_neurons as cn, torch
    >>> cn.null_fraction(torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0], [1.0]]))
    tensor([0.8000])
    """
    return (w_out @ null_space).norm(dim=-1) / w_out.norm(dim=-1)


@checked
def logit_var(
    w_out: Float[Tensor, "neuron d_model"], unembedding: Float[Tensor, "d_model d_vocab"]
) -> Float[Tensor, " neuron"]:
    """LogitVar: variance over the vocabulary of cos(w_out, W_U[:, v]).

    Small where a neuron moves all logits alike, that is, hardly any relative
    to the others. A token whose unembedding is exactly zero counts as
    cosine 0. The variance divides by d_vocab.

    Parameters
    ----------
    w_out : Float[Tensor, "neuron d_model"]
        Output weights.
    unembedding : Float[Tensor, "d_model d_vocab"]
        Such as the effective unembedding of a `Geometry`.

    Returns
    -------
    Float[Tensor, "neuron"]
        Without unit.

    Notes
    -----
    With C the covariance of the normalised columns over the vocabulary and n
    the normalised w_out it is n C n, so that no [neuron, d_vocab] table is made.

    Examples
    --------
    >>> import confidence_neurons as cn, torch
    >>> cn.logit_var(torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, -1.0], [0.0, 0.0]]))
    tensor([1.])
    """
    return logit_var_of(w_out, cosine_covariance(unembedding))


def cosine_covariance(
    unembedding: Float[Tensor, "d_model d_vocab"] | EffectiveUnembedding,
) -> Float[Tensor, "d_model d_model"]:
    """Covariance over the vocabulary of the columns' directions, in double precision."""
    second = first = torch.zeros((), dtype=torch.float64)
    entries = 0
    for columns in columns_of(unembedding):
        unit = torch.nn.functional.normalize(columns, dim=0).double()
        second = unit @ unit.T + second
        first = unit.sum(dim=1) + first
        entries += unit.shape[1]
    mean = first / entries
    return second / entries - torch.outer(mean, mean)


def logit_var_of(
    w_out: Float[Tensor, "neuron d_model"], covariance: Float[Tensor, "d_model d_model"]
) -> Float[Tensor, " neuron"]:
    """LogitVar from the covariance of the columns' directions."""
    neurons = torch.nn.functional.normalize(w_out, dim=-1).double()
    return ((neurons @ covariance) * neurons).sum(dim=-1).clamp(min=0).to(w_out.dtype)


def logit_cosine(
    w_out: Float[Tensor, "neuron d_model"],
    unembedding: Float[Tensor, "d_model d_vocab"] | EffectiveUnembedding,
    direction: Float[Tensor, " d_vocab"],
) -> Float[Tensor, " neuron"]:
    """Cosine, among the logits, between each neuron's direct effect and a unit vector there.

    The direct effect of neuron n on the logits is w_out W, up to the final
    scale. With the frequency direction u: positive where the neuron's output
    favours frequent tokens. 0 for a neuron without a direct effect: one no
    longer than `ROUNDING` times what its norm would allow is the rounding of
    single precision.
    """
    neurons, product = w_out.double(), gram(unembedding)
    along = neurons @ toward(unembedding, direction)
    length = ((neurons @ product) * neurons).sum(dim=-1).clamp(min=0).sqrt()
    negligible = ROUNDING * neurons.norm(dim=-1) * product.trace().sqrt()
    return (along / length.where(length > negligible, torch.inf)).to(w_out.dtype)


def toward(
    unembedding: Float[Tensor, "d_model d_vocab"] | EffectiveUnembedding,
    direction: Float[Tensor, " d_vocab"],
) -> Float[Tensor, " d_model"]:
    """W u: how far each direction of the residual stream moves the logits along u."""
    total, place = torch.zeros((), dtype=torch.float64), 0
    for columns in columns_of(unembedding):
        some = direction[place : place + columns.shape[1]].to(columns.device)
        total = columns.double() @ some.double() + total
        place += columns.shape[1]
    return total
