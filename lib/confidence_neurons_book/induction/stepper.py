"""Walk along one repeated sequence, token by token: what a head looks at, what is predicted."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.groups.controls import Head, check_heads
from confidence_neurons.model.state import check_rows, logits_from_residual, run_final
from confidence_neurons.weights.neurons import chosen_neurons, neuron_weights
from confidence_neurons_book.confidence.predictions import token_labels
from confidence_neurons_book.induction.readings import read_output


@dataclass(frozen=True)
class Walk:
    """Tidy frames of one sequence; a step is a position from 1 to the last but one.

    Attributes
    ----------
    tokens:
        One row per position, BOS included: `position`, `token` (as text).
    steps:
        One row per step: `position`; `target`, the next token as text;
        `entropy` and `loss` in nats; `scale`; `confidence`.
    attention:
        One row per step, head and position up to the step: `position`,
        `head` ("layer.head"), `source`, `weight`.
    predictions:
        The likeliest next tokens: `position`, `rank` from 1, `token`,
        `probability`, `right` (whether it is the target).
    activations:
        One row per step and neuron: `position`, `neuron`, `activation`.
    """

    tokens: pd.DataFrame
    steps: pd.DataFrame
    attention: pd.DataFrame
    predictions: pd.DataFrame
    activations: pd.DataFrame


@torch.no_grad()
def walk(
    model: TransformerBridge,
    tokens: Int[Tensor, " position"],
    heads: Sequence[Head],
    neurons: Sequence[int],
    top: int = 5,
) -> Walk:
    """Run one sequence and lay out every step of it.

    Parameters
    ----------
    tokens:
        One sequence with BOS first, such as a row of `repeated_random`.
    heads:
        Pairs (layer, head) whose attention is kept.
    neurons:
        Last-layer neurons whose activation is kept.
    top:
        How many of the likeliest next tokens to keep.

    Raises
    ------
    TypeError, ValueError
        If `tokens` is not one row of token ids of the model's, a head or a
        neuron is not there or named twice, or `top` is below 1 or exceeds the
        vocabulary.
    NotImplementedError
        If the model soft-caps its logits.
    """
    if not isinstance(tokens, Tensor) or tokens.ndim != 1:
        got = list(tokens.shape) if isinstance(tokens, Tensor) else type(tokens).__name__
        raise ValueError(f"expected one sequence as a tensor [position], got {got}")
    row = tokens[None]
    check_rows(model, row)
    check_heads(heads, model.cfg.n_layers, model.cfg.n_heads)
    chosen = chosen_neurons(neurons, len(neuron_weights(model)))
    if not 1 <= top <= model.cfg.d_vocab:
        raise ValueError(f"expected top from 1 to {model.cfg.d_vocab}, got {top}")
    state = run_final(model, row)
    residual, activations = state.residual[0, 1:-1], state.activations[0, 1:-1, chosen]
    steps = range(1, len(tokens) - 1)
    labels = token_labels(model, tokens.tolist())
    read = read_output(model, residual, tokens[2:])
    return Walk(
        tokens=pd.DataFrame({"position": range(len(tokens)), "token": ["BOS", *labels[1:]]}),
        steps=pd.DataFrame(
            {
                "position": steps,
                "target": labels[2:],
                "entropy": read.entropy.tolist(),
                "loss": read.loss.tolist(),
                "scale": read.scale.tolist(),
                "confidence": read.confidence.tolist(),
            }
        ),
        attention=_attention(model, row, heads, steps),
        predictions=_predictions(model, residual, tokens[2:], steps, top),
        activations=pd.DataFrame(
            [
                (position, neuron, value)
                for position, values in zip(steps, activations.tolist(), strict=True)
                for neuron, value in zip(chosen, values, strict=True)
            ],
            columns=["position", "neuron", "activation"],
        ),
    )


def _attention(
    model: TransformerBridge, row: Int[Tensor, "1 position"], heads: Sequence[Head], steps: range
) -> pd.DataFrame:
    names = {f"blocks.{layer}.attn.hook_pattern" for layer, _ in heads}
    _, cache = model.run_with_cache(
        row.to(model.cfg.device), names_filter=lambda name: name in names
    )
    rows = []
    for layer, head in heads:
        pattern = cache[f"blocks.{layer}.attn.hook_pattern"][0, head].float().tolist()
        rows += [
            (position, f"{layer}.{head}", source, pattern[position][source])
            for position in steps
            for source in range(position + 1)
        ]
    return pd.DataFrame(rows, columns=["position", "head", "source", "weight"])


def _predictions(
    model: TransformerBridge,
    residual: Tensor,
    targets: Int[Tensor, " step"],
    steps: range,
    top: int,
) -> pd.DataFrame:
    probability, choice = (
        logits_from_residual(model, residual).float().softmax(dim=-1).topk(top, dim=-1)
    )
    return pd.DataFrame(
        {
            "position": [position for position in steps for _ in range(top)],
            "rank": list(range(1, top + 1)) * len(steps),
            "token": token_labels(model, choice.flatten().tolist()),
            "probability": probability.flatten().tolist(),
            "right": (choice == targets.to(choice)[:, None]).flatten().tolist(),
        }
    )
