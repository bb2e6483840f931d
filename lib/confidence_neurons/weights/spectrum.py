"""Which directions of the residual stream the unembedding hears, and which it does not."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.checks import checked
from confidence_neurons.weights.unembedding import gram

NUMERICAL_ZERO = 1e-4
TAIL_SHARE = 0.25


@dataclass(frozen=True)
class Spectrum:
    """Singular value decomposition of the effective unembedding, W = U S V^T.

    Attributes
    ----------
    directions : Float[Tensor, "d_model d_model"]
        Left singular vectors as columns: orthonormal directions of the
        residual stream, from the one that moves the logits most to the one
        that moves them least.
    values : Float[Tensor, "d_model"]
        Singular values, descending. Moving the normalised residual stream by
        one unit along direction i moves the vector of logits by values[i].
    """

    directions: Float[Tensor, "d_model d_model"]
    values: Float[Tensor, " d_model"]

    def null_space(self, k: int) -> Float[Tensor, "d_model k"]:
        """The k directions with the smallest singular values, as columns."""
        return self.directions[:, len(self.values) - k :]


@checked
def spectrum(unembedding: Float[Tensor, "d_model d_vocab"]) -> Spectrum:
    """Left singular vectors and singular values, in double precision.

    They are the eigenvectors and the roots of the eigenvalues of W W^T, a
    small [d_model, d_model] matrix whatever the vocabulary.

    Parameters
    ----------
    unembedding : Float[Tensor, "d_model d_vocab"]
        Such as the effective unembedding of a `Geometry`.

    Returns
    -------
    Spectrum
        Directions and values, the largest first.

    Examples
    --------
    >>> import confidence_neurons as cn, torch
    >>> cn.spectrum(torch.tensor([[3.0, 0.0], [0.0, 4.0]])).values
    tensor([4., 3.])
    """
    return spectrum_of(gram(unembedding))


def spectrum_of(product: Float[Tensor, "d_model d_model"]) -> Spectrum:
    """The same from W W^T, in double precision."""
    eigenvalues, eigenvectors = torch.linalg.eigh(product)
    values = eigenvalues.clamp(min=0).sqrt().flip(0)
    return Spectrum(eigenvectors.flip(1).float(), values.float())


def exact_null_directions(values: Float[Tensor, " d_model"]) -> int:
    """How many singular values are zero up to rounding: LayerNorm's centring makes one."""
    return int((values <= NUMERICAL_ZERO * values[0]).sum())


def choose_null_dimension(values: Float[Tensor, " d_model"]) -> int:
    """Size k of the null space by the largest relative gap in the spectrum's tail.

    k is the number of values below the largest ratio of neighbours among the
    smallest quarter of the singular values. Exact null directions count among
    the k but not among that quarter: the gap above them says nothing about
    what the model has learned. So k is at least one more than their number.

    There is always an answer, also for a spectrum without a gap; whether the
    gap deserves the name is for the eye and for the controls. The paper reads
    k = 12 off GPT-2 Small's spectrum (its figure 2d).

    Raises
    ------
    ValueError
        If fewer than two values are other than zero, or there are fewer than four.
    """
    exact = exact_null_directions(values)
    if len(values) < 4 or exact > len(values) - 2:
        raise ValueError(
            f"expected at least two singular values above zero among four or more, to choose k by "
            f"their gap, got {len(values) - exact} of {len(values)}: give k, such as k=1"
        )
    smallest_first = values.flip(0)
    tail = smallest_first[exact : exact + max(2, round(TAIL_SHARE * len(values)))]
    ratios = tail[1:] / tail[:-1]
    return exact + int(ratios.argmax()) + 1
