"""Spectra beside each other: of models, of the same without the final gain, of controls.

A small singular value means something only beside a matrix that could not
have chosen it: Gaussian noise, or the unembedding with every row shuffled.
"""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.weights.spectrum import NUMERICAL_ZERO, exact_null_directions, spectrum_of
from confidence_neurons.weights.unembedding import EffectiveUnembedding, gram

Matrix = Float[Tensor, "d_model d_vocab"]


def spectra_table(spectra: Mapping[str, Float[Tensor, " directions"]]) -> pd.DataFrame:
    """Spectra, each over its own median; exact zeros, which centring makes, are left out.

    Returns
    -------
    pd.DataFrame
        One row per singular value: `spectrum` (its name), `index` (1 is the
        largest), `share` (index over their number), `singular_value`,
        `relative` (over the median).
    """
    parts = []
    for values in spectra.values():
        kept = values[: len(values) - exact_null_directions(values)].cpu()
        index = torch.arange(1, len(kept) + 1)
        columns = {
            "index": index,
            "share": index / len(kept),
            "singular_value": kept,
            "relative": kept / kept.median(),
        }
        parts.append(pd.DataFrame({key: value.numpy() for key, value in columns.items()}))
    return pd.concat(parts, keys=list(spectra), names=["spectrum"]).reset_index(level=0)


def gain_of(space: cn.Geometry) -> Float[Tensor, " d_model"]:
    """The gain of the final norm that is folded into a model's unembedding."""
    assert isinstance(space.effective, EffectiveUnembedding)
    return space.effective.end.gain


def without_gain(space: cn.Geometry) -> Float[Tensor, " d_model"]:
    """The singular values that are left where every gain of the final norm is one."""
    assert isinstance(space.effective, EffectiveUnembedding)
    end = space.effective.end
    plain = EffectiveUnembedding(replace(end, gain=torch.ones_like(end.gain)))
    return spectrum_of(gram(plain)).values


def gaussian_control(unembedding: Matrix, seed: int = 0) -> Matrix:
    """Gaussian noise of the same shape, centring and Frobenius norm."""
    generator = torch.Generator().manual_seed(seed)
    return _like(torch.randn(unembedding.shape, generator=generator), unembedding)


def shuffled_control(unembedding: Matrix, seed: int = 0) -> Matrix:
    """Each row permuted over the vocabulary by itself; centring and norm restored.

    The entries of every row stay, only the relation between rows goes: which
    dimensions agree on which tokens.
    """
    generator = torch.Generator().manual_seed(seed)
    rows = [row[torch.randperm(len(row), generator=generator)] for row in unembedding]
    return _like(torch.stack(rows), unembedding)


def coordinates_table(space: cn.Geometry) -> pd.DataFrame:
    """Each coordinate of the residual stream: its gain, and how much of it is in the null space.

    Returns
    -------
    pd.DataFrame
        `coordinate`, `gain` (its size over the median's), `inside` (length of
        its unit vector's projection onto the null space; exact null
        directions are left out).
    """
    exact = exact_null_directions(space.spectrum.values)
    learned = space.null_space[:, : space.k - exact]
    size = gain_of(space).abs()
    columns = {"gain": size / size.median(), "inside": learned.norm(dim=1)}
    frame = pd.DataFrame({name: values.cpu().numpy() for name, values in columns.items()})
    return frame.rename_axis("coordinate").reset_index()


def _like(control: Matrix, model: Matrix) -> Matrix:
    """Centre over d_model where `model` is centred, over the vocabulary, and match the norm."""
    control = control.to(model)
    if model.mean(dim=0).abs().max() < NUMERICAL_ZERO * model.abs().max():
        control = control - control.mean(dim=0, keepdim=True)
    control = control - control.mean(dim=1, keepdim=True)
    return control * (model.norm() / control.norm())
