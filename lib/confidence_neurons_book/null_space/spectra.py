"""Spectra as tables, and control matrices that have learned nothing.

A small singular value means something only beside a matrix that could not
have chosen it. Two such controls: Gaussian noise, and the unembedding itself
with every row shuffled.
"""

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.weights.unembedding import NUMERICAL_ZERO

VISIBLE = "visible"
LEARNED_NULL = "learned null"
EXACT_NULL = "exact null"


def spectrum_table(values: Float[Tensor, " d_model"], k: int = 0) -> pd.DataFrame:
    """Singular values as rows: `index` (1 is the largest), `singular_value`, `kind`.

    `kind` is "exact null" for values that are zero up to rounding (below 1e-4
    of the largest), "learned null" for the rest of the `k` smallest, and
    "visible" for all others.

    Raises
    ------
    ValueError
        If `k` is not between 0 and d_model.
    """
    if not 0 <= k <= len(values):
        raise ValueError(f"expected k between 0 and d_model = {len(values)}, got {k}")
    index = range(1, len(values) + 1)
    frame = pd.DataFrame({"index": index, "singular_value": values.tolist(), "kind": VISIBLE})
    frame.loc[frame["index"] > len(values) - k, "kind"] = LEARNED_NULL
    frame.loc[frame["singular_value"] < NUMERICAL_ZERO * float(values[0]), "kind"] = EXACT_NULL
    return frame


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
