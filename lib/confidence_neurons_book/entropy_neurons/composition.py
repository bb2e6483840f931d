"""Where neurons write: cosines with the unembedding's directions, and what chance would do."""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.groups.finding import LOGIT_VAR_SHARE, NULL_FRACTION
from confidence_neurons.weights.neurons import chosen_neurons, neuron_weights
from confidence_neurons.weights.unembedding import (
    effective_unembedding,
    logit_var,
    null_fraction,
    spectrum,
)
from confidence_neurons_book.null_space.spectra import gaussian_control, shuffled_control

AS_TRAINED = "as trained"


@torch.no_grad()
def direction_cosines(
    model: TransformerBridge, neurons: Sequence[int] | None = None
) -> pd.DataFrame:
    """Cosine of each neuron's output weights with each singular direction.

    A direction has no sign of its own, so absolute values are given. Their
    squares add up to 1 for each neuron; the null-space fraction is the root
    of the sum of the squares of the last k.

    Returns
    -------
    One row per neuron and direction: `neuron`, `direction` (1 has the
    largest singular value), `singular_value`, `cosine`.

    Raises
    ------
    ValueError
        If a neuron is out of range or named twice.
    """
    w_out = neuron_weights(model)
    chosen = chosen_neurons(neurons, len(w_out))
    decomposition = spectrum(effective_unembedding(model))
    cosines = torch.nn.functional.normalize(w_out[chosen], dim=-1) @ decomposition.directions
    d_model = cosines.shape[1]
    return pd.DataFrame(
        {
            "neuron": [neuron for neuron in chosen for _ in range(d_model)],
            "direction": list(range(1, d_model + 1)) * len(chosen),
            "singular_value": decomposition.values.tolist() * len(chosen),
            "cosine": cosines.abs().flatten().tolist(),
        }
    )


@torch.no_grad()
def weight_controls(model: TransformerBridge, k: int, seed: int = 0) -> pd.DataFrame:
    """Null-space fraction and LogitVar of all neurons, as trained and with weights that are not.

    Controls: "shuffled unembedding" and "Gaussian unembedding" (see
    `spectra`) keep the neurons; "shuffled neurons" keeps the unembedding and
    permutes the entries of each neuron's output weights, so that its norm
    stays and its direction goes. Each uses the last k directions of its own
    unembedding.

    Returns
    -------
    One row per weights and neuron: `weights`, `neuron`, `null_fraction`,
    `logit_var`, and `suspect`: null-space fraction over 0.6 and LogitVar
    under 0.4 of the median of the same weights.
    """
    w_out, unembedding = neuron_weights(model), effective_unembedding(model)
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(w_out.shape, generator=generator).argsort(dim=1).to(w_out.device)
    pairs: dict[str, tuple[Float[Tensor, "neuron d_model"], Float[Tensor, "d_model d_vocab"]]] = {
        AS_TRAINED: (w_out, unembedding),
        "shuffled neurons": (w_out.gather(1, order), unembedding),
        "shuffled unembedding": (w_out, shuffled_control(unembedding, seed)),
        "Gaussian unembedding": (w_out, gaussian_control(unembedding, seed)),
    }
    frames = []
    for name, (neurons, matrix) in pairs.items():
        fraction = null_fraction(neurons, spectrum(matrix).null_space(k))
        variance = logit_var(neurons, matrix)
        suspect = (fraction > NULL_FRACTION) & (variance < LOGIT_VAR_SHARE * variance.median())
        frames.append(
            pd.DataFrame(
                {
                    "weights": name,
                    "neuron": range(len(neurons)),
                    "null_fraction": fraction.cpu().numpy(),
                    "logit_var": variance.cpu().numpy(),
                    "suspect": suspect.cpu().numpy(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
