"""Where neurons write: cosines with the unembedding's directions, and what chance would do."""

from collections.abc import Iterable, Sequence

import pandas as pd
import torch
from transformer_lens.model_bridge import TransformerBridge

import confidence_neurons as cn
from confidence_neurons.model.architecture import output_weights
from confidence_neurons_book.null_space.spectra import gaussian_control, shuffled_control

AS_TRAINED = "as trained"


@torch.no_grad()
def direction_cosines(model: TransformerBridge, neurons: Sequence[int]) -> pd.DataFrame:
    """Cosine of each neuron's output weights with each singular direction.

    A direction has no sign of its own, so absolute values are given. Their
    squares add up to 1 for each neuron; the null-space fraction is the root
    of the sum of the squares of the last k.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    neurons : sequence of int
        Last-layer neurons.

    Returns
    -------
    pd.DataFrame
        One row per neuron and direction: `neuron`, `direction` (1 has the
        largest singular value), `singular_value`, `cosine`.
    """
    spectrum = cn.geometry(model).spectrum
    written = torch.nn.functional.normalize(output_weights(model)[list(neurons)], dim=-1)
    cosines = (written @ spectrum.directions).abs()
    d_model = cosines.shape[1]
    return pd.DataFrame(
        {
            "neuron": [neuron for neuron in neurons for _ in range(d_model)],
            "direction": list(range(1, d_model + 1)) * len(neurons),
            "singular_value": spectrum.values.tolist() * len(neurons),
            "cosine": cosines.flatten().tolist(),
        }
    )


@torch.no_grad()
def weight_controls(
    model: TransformerBridge, scanned: pd.DataFrame, k: int, seed: int = 0
) -> pd.DataFrame:
    """The criteria that look at weights, with the weights as trained and with others.

    Controls: "shuffled unembedding" and "Gaussian unembedding" (see
    `null_space.spectra`) keep the neurons; "shuffled neurons" keeps the
    unembedding and permutes the entries of each neuron's output weights, so
    that its norm stays and its direction goes.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    scanned : pd.DataFrame
        From `scan` of all neurons.
    k : int
        Each control uses the last k directions of its own unembedding.
    seed : int
        Decides what is shuffled and drawn.

    Returns
    -------
    pd.DataFrame
        One row per weights and neuron: `weights`, `neuron`, `null_fraction`,
        `logit_var`, and the booleans `in_null_space` and `suspect` (also of
        low LogitVar), see `group_criteria`.
    """
    w_out, unembedding = output_weights(model), cn.geometry(model, k=k).unembedding
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(w_out.shape, generator=generator).argsort(dim=1).to(w_out.device)
    pairs = {
        AS_TRAINED: (w_out, unembedding),
        "shuffled neurons": (w_out.gather(1, order), unembedding),
        "shuffled unembedding": (w_out, shuffled_control(unembedding, seed)),
        "Gaussian unembedding": (w_out, gaussian_control(unembedding, seed)),
    }
    frames = []
    for name, (neurons, matrix) in pairs.items():
        fraction = cn.null_fraction(neurons, cn.spectrum(matrix).null_space(k))
        variance = cn.logit_var(neurons, matrix)
        frame = scanned.assign(
            weights=name,
            null_fraction=fraction.cpu().numpy()[scanned["neuron"]],
            logit_var=variance.cpu().numpy()[scanned["neuron"]],
        )
        met = cn.group_criteria(frame)
        frame = frame[["weights", "neuron", "null_fraction", "logit_var"]]
        suspect = met["in_null_space"] & met["low_logit_var"]
        frames.append(frame.assign(in_null_space=met["in_null_space"], suspect=suspect))
    return pd.concat(frames, ignore_index=True)


def null_dimension_sweep(
    model: TransformerBridge, scanned: pd.DataFrame, sizes: Iterable[int]
) -> pd.DataFrame:
    """Who is an entropy neuron if the null space has another size: only rho changes.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    scanned : pd.DataFrame
        From `scan` of all neurons.
    sizes : iterable of int
        Sizes k of the null space.

    Returns
    -------
    pd.DataFrame
        One row per size and neuron: `k`, `neuron`, `null_fraction`, `random`
        (the fraction of a random direction, sqrt(k / d_model)), and the
        booleans `in_null_space` and `entropy`, see `group_criteria`.
    """
    spectrum = cn.geometry(model).spectrum
    w_out = output_weights(model)[scanned["neuron"].tolist()]
    frames = []
    for k in sizes:
        fraction = cn.null_fraction(w_out, spectrum.null_space(k)).cpu().numpy()
        frame = scanned.assign(k=k, null_fraction=fraction, random=(k / w_out.shape[1]) ** 0.5)
        met = cn.group_criteria(frame)[["in_null_space", "entropy"]]
        frames.append(frame[["k", "neuron", "null_fraction", "random"]].join(met))
    return pd.concat(frames, ignore_index=True)
