"""Spectra as tables, and control matrices that have learned nothing.

A small singular value means something only beside a matrix that could not
have chosen it. Two such controls: Gaussian noise, and the unembedding itself
with every row shuffled.
"""

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.weights.spectrum import NUMERICAL_ZERO, exact_null_directions

VISIBLE = "visible"
LEARNED_NULL = "learned null"
EXACT_NULL = "exact null"


def spectrum_table(values: Float[Tensor, " d_model"], k: int = 0) -> pd.DataFrame:
    """Singular values as rows, each with the kind of its direction.

    Returns
    -------
    pd.DataFrame
        `index` (1 is the largest), `singular_value`, and `kind`: "exact null"
        for values that are zero up to rounding, "learned null" for the rest of
        the `k` smallest, and "visible" for all others.
    """
    size, exact = len(values), exact_null_directions(values)
    learned = max(0, k - exact)
    kinds = [VISIBLE] * (size - learned - exact) + [LEARNED_NULL] * learned + [EXACT_NULL] * exact
    return pd.DataFrame(
        {"index": range(1, size + 1), "singular_value": values.tolist(), "kind": kinds}
    )


def gaussian_control(
    unembedding: Float[Tensor, "d_model d_vocab"], seed: int = 0
) -> Float[Tensor, "d_model d_vocab"]:
    """Gaussian noise of the same shape, centring and Frobenius norm."""
    generator = torch.Generator().manual_seed(seed)
    return _like(torch.randn(unembedding.shape, generator=generator), unembedding)


def shuffled_control(
    unembedding: Float[Tensor, "d_model d_vocab"], seed: int = 0
) -> Float[Tensor, "d_model d_vocab"]:
    """Each row permuted over the vocabulary by itself; centring and norm restored.

    The entries of every row stay, only the relation between rows goes: which
    dimensions agree on which tokens.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(unembedding.shape, generator=generator).argsort(dim=1)
    return _like(unembedding.gather(1, order.to(unembedding.device)), unembedding)


def _like(
    control: Float[Tensor, "d_model d_vocab"], model: Float[Tensor, "d_model d_vocab"]
) -> Float[Tensor, "d_model d_vocab"]:
    """Centre over d_model where `model` is centred, over the vocabulary, and match the norm."""
    control = control.to(model)
    if model.mean(dim=0).abs().max() < NUMERICAL_ZERO * model.abs().max():
        control = control - control.mean(dim=0, keepdim=True)
    control = control - control.mean(dim=1, keepdim=True)
    return control * (model.norm() / control.norm())
