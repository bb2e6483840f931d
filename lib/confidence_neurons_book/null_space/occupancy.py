"""How much of the residual stream lies among the directions that the unembedding hears least."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import torch

import confidence_neurons as cn
from confidence_neurons.weights.spectrum import exact_null_directions


def tail_shares(
    state: cn.State, space: cn.Geometry, sizes: Iterable[int], *, less_mean: bool = False
) -> pd.DataFrame:
    """Share of the stream's length in its last directions, for several numbers of them.

    Parameters
    ----------
    state : cn.State
        Where to look.
    space : cn.Geometry
        Of the same model. Its exact null directions, in which the centred
        stream has nothing, are not counted.
    sizes : iterable of int
        How many directions.
    less_mean : bool
        Take the mean over the counted positions off the stream first.

    Returns
    -------
    pd.DataFrame
        One row per size and counted token: `sequence`, `k`, `directions` (k
        over the number of all), `share` (a ratio of lengths).
    """
    chosen = list(sizes)
    exact = exact_null_directions(space.spectrum.values)
    directions = space.spectrum.directions.flip(1)[:, exact:]
    stream = space.norm.centre(state.residual[state.counted])
    if less_mean:
        stream = stream - stream.mean(dim=0)
    inside = (stream @ directions).pow(2).cumsum(dim=1)
    shares = (inside[:, torch.tensor(chosen) - 1] / inside[:, -1:]).sqrt().cpu().numpy()
    table = pd.DataFrame(
        {
            "sequence": np.repeat(state.places()["sequence"].to_numpy(), len(chosen)),
            "k": np.tile(chosen, len(shares)),
            "share": shares.ravel(),
        }
    )
    return table.assign(directions=table["k"] / directions.shape[1])
