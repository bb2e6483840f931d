"""Follow neurons, entropy, loss and final scale along a repeated sequence."""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.induction.copies import check_copies
from confidence_neurons.measure.bootstrap import bootstrap_interval
from confidence_neurons.model.state import FinalState, run_final
from confidence_neurons.text.rows import measured
from confidence_neurons.weights.neurons import chosen_neurons, neuron_weights
from confidence_neurons_book.induction.readings import read_output


def along_repeats(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    period: int,
    neurons: Sequence[int] = (),
    *,
    state: FinalState | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Means over sequences at each position of BOS and two copies, with confidence bands.

    All positions but BOS and the last, which has no target. The prediction
    made at position `period`, the last of the first copy, is of a token that
    nothing foretells.

    Parameters
    ----------
    neurons:
        Last-layer neurons whose activation is followed.
    state:
        Of an ablated model (`attend_to_bos`, `ablate_neurons`); by default
        the model runs as it is.
    level:
        Of the confidence bands, bootstrapped over sequences.
    seed:
        Decides the resampling.

    Returns
    -------
    One row per position and quantity: `position`; `copy`, 1 or 2; `quantity`,
    which is "entropy" and "loss" (nats), "scale", "confidence" (probability
    of the first choice) or "activation"; `neuron`, missing but for
    activations; `mean`, `low`, `high`.

    Raises
    ------
    ValueError
        If the sequences are not BOS and two copies of `period` tokens, there
        are fewer than 2 of them, or a neuron is out of range or named twice.
    NotImplementedError
        If the model soft-caps its logits.
    """
    check_copies(tokens, period, model.cfg.d_vocab)
    chosen = chosen_neurons(neurons, len(neuron_weights(model))) if len(neurons) else []
    state = run_final(model, tokens) if state is None else state
    read = read_output(model, measured(state.residual), tokens[:, 2:])
    activations = measured(state.activations)
    columns = [
        ("entropy", None, read.entropy),
        ("loss", None, read.loss),
        ("scale", None, read.scale),
        ("confidence", None, read.confidence),
        *(("activation", neuron, activations[..., neuron]) for neuron in chosen),
    ]
    position = torch.arange(1, tokens.shape[1] - 1)
    interval = bootstrap_interval(
        torch.stack([values for _, _, values in columns], dim=1), level=level, seed=seed
    )
    frames = [
        pd.DataFrame(
            {
                "position": position.numpy(),
                "copy": (1 + (position > period).int()).numpy(),
                "quantity": quantity,
                "neuron": pd.array([neuron] * len(position), dtype="Int64"),
                "mean": interval.estimate[index].tolist(),
                "low": interval.low[index].tolist(),
                "high": interval.high[index].tolist(),
            }
        )
        for index, (quantity, neuron, _) in enumerate(columns)
    ]
    return pd.concat(frames, ignore_index=True)
