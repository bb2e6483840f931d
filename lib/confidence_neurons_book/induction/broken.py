"""Repeats that break off: the one place where a model that copies is bound to be wrong.

In an unbroken repeat a model that copies is nearly always right, so there is
nothing to be wary of. Here one token of the second copy is replaced. The
prediction of that token cannot be right but by luck.
"""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.measure.bootstrap import bootstrap_interval
from confidence_neurons.model.state import run_final
from confidence_neurons.text.altered import break_repeats as break_repeats
from confidence_neurons.weights.neurons import chosen_neurons, neuron_weights
from confidence_neurons_book.induction.readings import read_output


def around_breaks(
    model: TransformerBridge,
    sequences: dict[str, Int[Tensor, "batch position"]],
    position: Int[Tensor, " batch"],
    neurons: Sequence[int],
    *,
    before: int = 4,
    after: int = 4,
    seed: int = 0,
) -> pd.DataFrame:
    """Mean over sequences of what the model does around the break.

    Parameters
    ----------
    sequences:
        Name -> tokens, such as the broken sequences and, as control, the
        unbroken ones at the same positions.
    position:
        Where the new token stands, from `break_repeats`.
    neurons:
        Last-layer neurons; their activations are averaged.
    before, after:
        How many positions around the break to keep.

    Returns
    -------
    One row per name, offset and quantity: `sequence`; `offset` of the token
    that was read from the new one (at -1 the model predicts the new token, at
    0 it reads it); `quantity`, which is "entropy", "loss", "scale",
    "confidence", "wrong" or "activation"; `mean`, with its 95 % interval
    `low` to `high`, bootstrapped over sequences.

    Raises
    ------
    ValueError
        If an offset leaves the sequence or reaches its last position, or a
        neuron is out of range.
    """
    chosen = chosen_neurons(neurons, len(neuron_weights(model)))
    offsets = torch.arange(-before, after + 1)
    places = position[:, None] + offsets
    frames = []
    for name, tokens in sequences.items():
        if int(places.min()) < 1 or int(places.max()) > tokens.shape[1] - 2:
            raise ValueError(
                f"expected offsets {-before} to {after} inside the measured positions 1 to "
                f"{tokens.shape[1] - 2}, got positions {int(places.min())} to {int(places.max())}"
            )
        rows = torch.arange(len(tokens))[:, None]
        state = run_final(model, tokens)
        read = read_output(model, state.residual[rows, places], tokens[rows, places + 1])
        quantities = {
            "entropy": read.entropy,
            "loss": read.loss,
            "scale": read.scale,
            "confidence": read.confidence,
            "wrong": read.wrong.float(),
            "activation": state.activations[rows, places][..., chosen].mean(dim=-1),
        }
        interval = bootstrap_interval(torch.stack(list(quantities.values()), dim=1), seed=seed)
        frames += [
            pd.DataFrame(
                {
                    "sequence": name,
                    "offset": offsets.tolist(),
                    "quantity": quantity,
                    "mean": interval.estimate[index].tolist(),
                    "low": interval.low[index].tolist(),
                    "high": interval.high[index].tolist(),
                }
            )
            for index, quantity in enumerate(quantities)
        ]
    return pd.concat(frames, ignore_index=True)
