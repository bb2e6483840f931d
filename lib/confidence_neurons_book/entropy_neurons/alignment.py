"""How far the residual stream already lies along what each neuron writes."""

import pandas as pd
import torch

from confidence_neurons import State
from confidence_neurons.model.architecture import final_norm, output_weights
from confidence_neurons.model.ends import Model


@torch.no_grad()
def along_stream(model: Model, state: State) -> pd.DataFrame:
    """Mean cosine of each last-layer neuron's output weights with the stream, and its mean size.

    To first order a write of length e along w changes the length of the
    stream x by e cos(x, w): across the stream a short write moves no scale.

    Parameters
    ----------
    model : Model
        From `load_light` or `load_model`.
    state : State
        From `run`.

    Returns
    -------
    pd.DataFrame
        One row per neuron: `neuron`, `cosine` (mean over the counted
        positions), `along` (mean of its absolute value).
    """
    stream = final_norm(model).centre(state.residual[state.counted])
    unit = torch.nn.functional.normalize(stream, dim=-1)
    cosines = unit @ torch.nn.functional.normalize(output_weights(model), dim=-1).T
    return pd.DataFrame(
        {
            "neuron": range(cosines.shape[1]),
            "cosine": cosines.mean(dim=0).cpu().numpy(),
            "along": cosines.abs().mean(dim=0).cpu().numpy(),
        }
    )
