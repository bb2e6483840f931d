"""Heads switched off: their controls, and what becomes of neurons without them."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

import confidence_neurons as cn
from confidence_neurons.measure.interventions import Head
from confidence_neurons.model.ends import Model
from confidence_neurons_book.induction.activations import activation_change


def above(scores: pd.DataFrame, score: str, least: float) -> list[Head]:
    """The heads with a score above the least, as pairs (layer, head)."""
    found = scores[scores[score] > least]
    return list(zip(found["layer"].tolist(), found["head"].tolist(), strict=True))


def same_layers(
    model: Model, heads: Sequence[Head], exclude: Collection[Head] = (), seed: int = 0
) -> list[Head]:
    """As many other heads, drawn at random from the layers that the heads stand in."""
    layers = {layer for layer, _ in heads}
    elsewhere = [
        (layer, head)
        for layer in range(model.cfg.n_layers)
        for head in range(model.cfg.n_heads)
        if layer not in layers
    ]
    return cn.random_heads(model, heads, exclude=[*elsewhere, *exclude], seed=seed)


def changes(
    states: Mapping[str, cn.State], first: cn.State, neurons: Sequence[int]
) -> pd.DataFrame:
    """Mean activation of chosen neurons in several states, less that on the first copy.

    Parameters
    ----------
    states : mapping of str to State
        Such as the second copy, and the second without some heads.
    first : State
        Of the same text.
    neurons : sequence of int
        Last-layer neurons.

    Returns
    -------
    pd.DataFrame
        As from `activation_change`, one row per `kind` (the state's name) and
        `neuron`.
    """
    found = {
        name: activation_change(state, first).set_index("neuron").loc[list(neurons)]
        for name, state in states.items()
    }
    return pd.concat([each.reset_index().assign(kind=name) for name, each in found.items()])
