"""Single coordinates of the residual stream that carry the push towards frequent tokens.

The logits' projection on u is a sum over the coordinates of the normalised
stream h = x / s, each times its entry of W u, plus the bias's projection. So
what a coordinate carries can be read off.
"""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.architecture import output_weights
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State, unembed
from confidence_neurons.weights.neurons import toward
from confidence_neurons.weights.unigram import Unigram
from confidence_neurons_book.frequency_direction.putting_back import thinned
from confidence_neurons_book.told import told

EXTREME = 3.0  # times the root mean square of all coordinates


def extremes(space: cn.Geometry, state: State) -> pd.DataFrame:
    """How often each coordinate is extreme, and its share of the stream's squared length.

    Returns
    -------
    pd.DataFrame
        `coordinate`, `extreme` (share of the counted positions where its size
        is more than three times the root mean square), `length`; the most
        often extreme first.
    """
    h = _normalised(space, state)
    square = h.square().mean(dim=0)
    found = {
        "coordinate": range(h.shape[1]),
        "extreme": (h.abs() > EXTREME).float().mean(dim=0).tolist(),
        "length": (square / square.sum()).tolist(),
    }
    return pd.DataFrame(found).sort_values("extreme", ascending=False, ignore_index=True)


def projection_shares(
    space: cn.Geometry, state: State, unigram: Unigram, coordinates: Sequence[int]
) -> pd.DataFrame:
    """The share of the mean projection on u that some coordinates carry, each with its interval.

    Returns
    -------
    pd.DataFrame
        As from `intervals`, one row for each `coordinate`.
    """
    parts = _normalised(space, state) * toward(space.effective, unigram.direction).float()
    places = state.places().assign(whole=parts.sum(dim=1).numpy())
    each = [places.assign(coordinate=i, part=parts[:, i].numpy()) for i in coordinates]
    return cn.intervals(pd.concat(each), "coordinate", ["part", "whole"], statistic=torch.div)


@torch.no_grad()
def mass_without(
    model: Model, state: State, coordinates: Sequence[int], frequent: Float[Tensor, " d_vocab"]
) -> pd.DataFrame:
    """The change of the frequent tokens' probability when a coordinate is set to zero.

    The final scale is frozen: what the coordinate does through it stays.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    state : State
        Of the text.
    coordinates : sequence of int
        Each is set to zero by itself.
    frequent : Float[Tensor, "d_vocab"]
        1 for each frequent token, else 0.

    Returns
    -------
    pd.DataFrame
        As from `intervals`, one row for each `coordinate`: without minus with.
    """
    residual, scale = state.residual[state.counted], state.scale[state.counted]
    clean = unembed(model, residual, scale).softmax(dim=-1) @ frequent
    frames = []
    for coordinate in coordinates:
        without = residual.clone()
        without[:, coordinate] = 0
        mass = unembed(model, without, scale).softmax(dim=-1) @ frequent
        frames.append(state.places().assign(coordinate=coordinate, mass=(mass - clean).numpy()))
    return cn.intervals(pd.concat(frames), "coordinate", "mass")


def written_to(model: Model, coordinate: int) -> Float[Tensor, " d_mlp"]:
    """The part of each last-layer neuron's output weights that lies along a coordinate, by size."""
    w_out = output_weights(model)
    return w_out[:, coordinate].abs() / w_out.norm(dim=-1)


def carriers(
    name: str,
    model: Model,
    state: State,
    unigram: Unigram,
    coordinates: Sequence[int],
    frequent: Float[Tensor, " d_vocab"],
    every: int,
) -> pd.DataFrame:
    """All of this about some coordinates of a model, as a table.

    Returns
    -------
    pd.DataFrame
        `model`, `coordinate`, `extreme at`, `of the length`, `of the push`,
        `frequent tokens`: the last two with their intervals, as text.
    """
    space = cn.geometry(model, k=1, counts=unigram)
    known = extremes(space, state).set_index("coordinate").loc[list(coordinates)]
    pushed = projection_shares(space, state, unigram, coordinates)
    lost = mass_without(model, thinned(state, every), coordinates, frequent)
    return pd.DataFrame(
        {
            "model": name,
            "coordinate": list(coordinates),
            "extreme at": known["extreme"].to_numpy(),
            "of the length": known["length"].to_numpy(),
            "of the push": told(pushed),
            "frequent tokens": told(lost),
        }
    )


def _normalised(space: cn.Geometry, state: State) -> Float[Tensor, "token d_model"]:
    return space.norm.centre(state.residual[state.counted]) / state.scale[state.counted]
