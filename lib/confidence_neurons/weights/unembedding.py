"""The effective unembedding, what it cannot see, and where neurons write in it.

Definitions follow Stolfo et al. 2024 (arXiv 2406.16254), sections 3 and 4.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.model.final_norm import FinalNorm

NUMERICAL_ZERO = 1e-4
TAIL_SHARE = 0.25
COLUMNS_AT_ONCE = 8192


@dataclass(frozen=True)
class Spectrum:
    """Singular value decomposition of the effective unembedding, W = U S V^T.

    Attributes
    ----------
    directions:
        Left singular vectors as columns: orthonormal directions of the
        residual stream, from the one that moves the logits most to the one
        that moves them least.
    values:
        Singular values, descending. Moving the normalised residual stream by
        one unit along direction i moves the vector of logits by values[i].
    """

    directions: Float[Tensor, "d_model d_model"]
    values: Float[Tensor, " d_model"]

    def null_space(self, k: int) -> Float[Tensor, "d_model k"]:
        """The k directions with the smallest singular values, as columns."""
        if not 1 <= k <= len(self.values):
            raise ValueError(f"expected k between 1 and d_model = {len(self.values)}, got {k}")
        return self.directions[:, -k:]


def effective_unembedding(model: TransformerBridge) -> Float[Tensor, "d_model d_vocab"]:
    """The map from the normalised residual stream to what matters of the logits.

    The final norm's gain is folded in. For LayerNorm models each column is
    centred over d_model, because LayerNorm subtracts the mean; this makes
    the all-ones direction an exact null direction. Each row is centred over
    the vocabulary, because softmax ignores a constant added to all logits.

    Raises
    ------
    ValueError
        If the final gain is not folded in, or a weight is NaN or infinite.
    """
    norm = FinalNorm.from_model(model)
    weights = model.W_U.detach().float()
    if not weights.isfinite().all():
        raise ValueError("the unembedding has NaN or infinite weights: load the model again")
    if norm.centres:
        weights = weights - weights.mean(dim=0, keepdim=True)
    return weights - weights.mean(dim=1, keepdim=True)


def spectrum(unembedding: Float[Tensor, "d_model d_vocab"]) -> Spectrum:
    """Left singular vectors and singular values, in double precision.

    They are the eigenvectors and the roots of the eigenvalues of W W^T, a
    small [d_model, d_model] matrix whatever the vocabulary.
    """
    if unembedding.ndim != 2:
        raise ValueError(f"expected [d_model, d_vocab], got shape {tuple(unembedding.shape)}")
    eigenvalues, eigenvectors = torch.linalg.eigh(gram(unembedding))
    values = eigenvalues.clamp(min=0).sqrt().flip(0)
    return Spectrum(eigenvectors.flip(1).float(), values.float())


def choose_null_dimension(values: Float[Tensor, " d_model"]) -> int:
    """Size k of the null space by the largest relative gap in the spectrum's tail.

    k is the number of values below the largest ratio of neighbours among the
    smallest quarter of the singular values. Exact null directions (1e-4 of
    the largest value or less), such as the one that LayerNorm's centring
    makes, count among the k but not among that quarter: the gap above them
    says nothing about what the model has learned. So k is at least one more
    than their number.

    There is always an answer, also for a spectrum without a gap; whether the
    gap deserves the name is for the eye and for the controls. The paper reads
    k = 12 off GPT-2 Small's spectrum (its figure 2d).

    Raises
    ------
    ValueError
        If the values are not a descending vector of at least four, or fewer
        than two of them are other than zero.
    """
    if values.ndim != 1 or len(values) < 4 or not (values.diff() <= 0).all():
        raise ValueError("expected at least four singular values in descending order")
    smallest_first = values.flip(0)
    exact = int((smallest_first <= NUMERICAL_ZERO * values[0]).sum())
    if exact > len(values) - 2:
        raise ValueError("expected at least two singular values above zero: there is no gap")
    tail = smallest_first[exact : exact + max(2, round(TAIL_SHARE * len(values)))]
    ratios = tail[1:] / tail[:-1]
    return exact + int(ratios.argmax()) + 1


def weight_norm(w_out: Float[Tensor, "neuron d_model"]) -> Float[Tensor, " neuron"]:
    """Euclidean norm of each neuron's output weights."""
    return w_out.norm(dim=-1)


def null_fraction(
    w_out: Float[Tensor, "neuron d_model"], null_space: Float[Tensor, "d_model k"]
) -> Float[Tensor, " neuron"]:
    """Share rho of each neuron's output that lies in the null space.

    rho = ||U_k^T w_out|| / ||w_out||: a ratio of norms, not of squares, so
    rho = 0.6 leaves a component of 0.8 outside. A direction drawn at random
    has rho of about sqrt(k / d_model). NaN for a neuron that writes nothing.
    """
    if w_out.shape[-1] != null_space.shape[0]:
        raise ValueError(
            f"expected w_out [neuron, d_model] for a null space of d_model "
            f"{null_space.shape[0]}, got shape {tuple(w_out.shape)}"
        )
    return (w_out @ null_space).norm(dim=-1) / weight_norm(w_out)


def logit_var(
    w_out: Float[Tensor, "neuron d_model"], unembedding: Float[Tensor, "d_model d_vocab"]
) -> Float[Tensor, " neuron"]:
    """LogitVar: variance over the vocabulary of cos(w_out, W_U[:, v]).

    Small where a neuron moves all logits alike, that is, hardly any relative
    to the others. A token whose unembedding is exactly zero counts as
    cosine 0. The variance divides by d_vocab.

    With C the covariance of the normalised columns over the vocabulary and n
    the normalised w_out it is n C n, so that no [neuron, d_vocab] table is made.
    """
    if w_out.shape[-1] != unembedding.shape[0]:
        raise ValueError(
            f"expected w_out [neuron, d_model] for an unembedding of d_model "
            f"{unembedding.shape[0]}, got shape {tuple(w_out.shape)}"
        )
    columns = torch.nn.functional.normalize(unembedding, dim=0)
    centred = columns - columns.mean(dim=-1, keepdim=True)
    neurons = torch.nn.functional.normalize(w_out, dim=-1).double()
    covariance = gram(centred) / centred.shape[1]
    return ((neurons @ covariance) * neurons).sum(dim=-1).to(w_out.dtype)


def gram(matrix: Float[Tensor, "d_model d_vocab"]) -> Float[Tensor, "d_model d_model"]:
    """matrix times its transpose, in double precision; bounded memory."""
    total = torch.zeros(len(matrix), len(matrix), dtype=torch.float64, device=matrix.device)
    for columns in matrix.split(COLUMNS_AT_ONCE, dim=1):
        wide = columns.double()
        total += wide @ wide.T
    return total
