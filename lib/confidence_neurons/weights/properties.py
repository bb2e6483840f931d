"""What can be said of a neuron from its weights alone."""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.weights.neurons import chosen_neurons, neuron_weights
from confidence_neurons.weights.unembedding import (
    choose_null_dimension,
    effective_unembedding,
    logit_var,
    null_fraction,
    spectrum,
    weight_norm,
)
from confidence_neurons.weights.unigram import frequency_cosine


@torch.no_grad()
def neuron_properties(
    model: TransformerBridge,
    counts: Int[Tensor, " d_vocab"] | None = None,
    *,
    neurons: Sequence[int] | None = None,
    layer: int | None = None,
    k: int | None = None,
) -> pd.DataFrame:
    """One row per neuron: `neuron, weight_norm, logit_var, null_fraction, frequency_cosine`.

    See `unembedding` and `frequency` for the definitions.

    Parameters
    ----------
    counts:
        Token counts, for the frequency direction; without them the column
        `frequency_cosine` is NaN.
    neurons, layer:
        Which neurons, in that order; by default all of the last layer.
    k:
        Dimension of the null space; by default by the spectrum's gap.

    Raises
    ------
    ValueError
        If a neuron or the layer is not there, `k` is out of range, the counts
        belong to another vocabulary, or weights are NaN.
    """
    w_out = neuron_weights(model, layer)
    chosen = chosen_neurons(neurons, len(w_out))
    w_out = w_out[chosen]
    unembedding = effective_unembedding(model)
    decomposition = spectrum(unembedding)
    null_space = decomposition.null_space(
        choose_null_dimension(decomposition.values) if k is None else k
    )
    columns: dict[str, Tensor] = {
        "weight_norm": weight_norm(w_out),
        "logit_var": logit_var(w_out, unembedding),
        "null_fraction": null_fraction(w_out, null_space),
        "frequency_cosine": torch.full((len(chosen),), torch.nan)
        if counts is None
        else frequency_cosine(w_out, unembedding, counts),
    }
    frame = pd.DataFrame({"neuron": chosen})
    return frame.assign(**{name: values.cpu().numpy() for name, values in columns.items()})
