"""Walk along one repeated sequence, token by token: what a head looks at, what is predicted."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

import confidence_neurons as cn
from confidence_neurons.measure.interventions import Head
from confidence_neurons.measure.outputs import predict
from confidence_neurons.model.bridge import pattern_hook
from confidence_neurons_book.induction.activations import activation_table


@dataclass(frozen=True)
class Walk:
    """Tidy frames of one sequence; a step is a position from 1 to the last but one.

    Attributes
    ----------
    tokens : pd.DataFrame
        One row per position, BOS included: `position`, `token` (as text).
    steps : pd.DataFrame
        One row per step: `position`; `target`, the next token as text;
        `entropy` and `loss` in nats; `scale`; `confidence`.
    attention : pd.DataFrame
        One row per step, head and position up to the step: `position`,
        `head` ("layer.head"), `source`, `weight`.
    predictions : pd.DataFrame
        The likeliest next tokens: `position`, `rank` from 1, `token`,
        `probability`, `right` (whether it is the target).
    activations : pd.DataFrame
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
    tokens : Int[Tensor, "position"]
        One sequence with BOS first, such as a row of `repeated_random`.
    heads : sequence of (int, int)
        Pairs (layer, head) whose attention is kept.
    neurons : sequence of int
        Last-layer neurons whose activation is kept.
    top : int
        How many of the likeliest next tokens to keep.
    """
    state = cn.run(model, tokens[None])
    labels = cn.token_labels(model, tokens)
    read = cn.read(model, state, ("entropy", "loss", "scale", "confidence"))
    steps = read.drop(columns="sequence")
    steps.insert(1, "target", labels[2:])
    activations = activation_table(state, neurons).drop(columns="sequence")
    return Walk(
        tokens=pd.DataFrame({"position": range(len(tokens)), "token": ["BOS", *labels[1:]]}),
        steps=steps,
        attention=_attention(model, tokens[None], heads, steps["position"].tolist()),
        predictions=_predictions(model, state, top),
        activations=activations.melt("position", var_name="neuron", value_name="activation")
        .astype({"neuron": int})
        .sort_values("position", kind="stable", ignore_index=True),
    )


def _attention(
    model: TransformerBridge,
    row: Int[Tensor, "1 position"],
    heads: Sequence[Head],
    steps: Sequence[int],
) -> pd.DataFrame:
    names = {pattern_hook(layer) for layer, _ in heads}
    _, cache = model.run_with_cache(
        row.to(model.cfg.device), names_filter=lambda name: name in names
    )
    rows = []
    for layer, head in heads:
        pattern = cache[pattern_hook(layer)][0, head].float().tolist()
        rows += [
            (step, f"{layer}.{head}", source, pattern[step][source])
            for step in steps
            for source in range(step + 1)
        ]
    return pd.DataFrame(rows, columns=["position", "head", "source", "weight"])


def _predictions(model: TransformerBridge, state: cn.State, top: int) -> pd.DataFrame:
    probability, choice = predict(model, state).p.topk(top, dim=-1)
    steps = state.places()["position"]
    return pd.DataFrame(
        {
            "position": steps.repeat(top).to_numpy(),
            "rank": list(range(1, top + 1)) * len(steps),
            "token": cn.token_labels(model, choice.flatten()),
            "probability": probability.flatten().tolist(),
            "right": (choice == state.targets()[:, None]).flatten().tolist(),
        }
    )
