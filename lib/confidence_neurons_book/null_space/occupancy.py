"""How much of the residual stream, and of the neurons' output, lies in the null space."""

from collections.abc import Iterable

import pandas as pd
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.measure.outputs import entropy
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import logits_from_residual, run_final
from confidence_neurons.text.altered import corrupt
from confidence_neurons.text.rows import measured
from confidence_neurons.weights.neurons import neuron_weights
from confidence_neurons.weights.unembedding import null_fraction, weight_norm


@torch.no_grad()
def stream_occupancy(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    unigram: Shaped[Tensor, " d_vocab"],
    null_space: Float[Tensor, "d_model k"],
    rates: Iterable[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
    seed: int = 0,
) -> pd.DataFrame:
    """The final residual stream as more and more of the text is replaced by noise.

    Tokens are replaced by draws from the unigram distribution
    (`text.corrupt`). All values are means over the measured positions.

    Returns
    -------
    One row per rate: `rate`; `null_fraction`, the share of the centred
    residual's norm inside the null space (a ratio of norms); `scale`, of the
    final norm; `scale_ratio`, the scale over that of the first rate;
    `entropy`, nats.
    """
    norm = FinalNorm.from_model(model)
    rows = []
    for rate in rates:
        state = run_final(model, corrupt(tokens, rate, unigram, seed))
        residual = measured(state.residual).flatten(0, 1)
        values = {
            "null_fraction": null_fraction(norm.centre(residual), null_space),
            "scale": norm.scale(residual),
            "entropy": entropy(logits_from_residual(model, residual)),
        }
        rows.append({"rate": rate, **{name: value.mean().item() for name, value in values.items()}})
    frame = pd.DataFrame(rows)
    return frame.assign(scale_ratio=frame["scale"] / frame["scale"].iloc[0])


def neuron_occupancy(
    model: TransformerBridge, null_space: Float[Tensor, "d_model k"]
) -> pd.DataFrame:
    """Last-layer neurons: `neuron`, `weight_norm` and `null_fraction` of the output weights."""
    w_out = neuron_weights(model)
    return pd.DataFrame(
        {
            "neuron": range(len(w_out)),
            "weight_norm": weight_norm(w_out).tolist(),
            "null_fraction": null_fraction(w_out, null_space).tolist(),
        }
    )
