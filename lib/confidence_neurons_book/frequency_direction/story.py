"""The story of one neuron: at which tokens it fires, and what it adds there."""

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.model.state import run_final
from confidence_neurons.text.rows import measured
from confidence_neurons_book.confidence.predictions import token_labels
from confidence_neurons_book.frequency_direction.carriers import frequency_classes
from confidence_neurons_book.frequency_direction.effects import frequency_effects
from confidence_neurons_book.frequency_direction.levels import QUANTITIES, token_levels


@torch.no_grad()
def frequency_story(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    neuron: int,
    counts: Int[Tensor, " d_vocab"],
    *,
    reference: Int[Tensor, "batch position"],
) -> pd.DataFrame:
    """Token by token, how much a neuron fires and what it adds to the prediction.

    What it adds is the clean value minus the value with the neuron held at its
    mean over `reference`: take a text on which it rests.

    Returns
    -------
    One row per measured token: the columns of `token_levels`; `activation`;
    `class` of the next token (see `frequency_classes`); `at` and `next`, the
    token and the next one as labels; and `entropy_added`, `loss_added`,
    `kl_added`, `kl_reverse_added` in nats, `projection_added` in logits.

    Raises
    ------
    TypeError, ValueError
        As `frequency_effects`.
    """
    changes = frequency_effects(model, tokens, {"it": [neuron]}, counts, reference=reference)
    state = run_final(model, tokens)
    story = token_levels(model, tokens, counts, state)
    classes = frequency_classes(counts)
    return story.assign(
        activation=measured(state.activations)[..., neuron].flatten().cpu().numpy(),
        **{
            "class": [classes[token] for token in story["target"]],
            "at": token_labels(model, story["token"]),
            "next": token_labels(model, story["target"]),
        },
        **{f"{name}_added": -changes[f"{name}_total"] for name in QUANTITIES},
    )
