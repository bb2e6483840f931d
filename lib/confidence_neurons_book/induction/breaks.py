"""Repeats that break off: what the model does there, and what hedging would cost and save.

In an unbroken repeat a model that copies is nearly always right, so there is
nothing to be wary of. The prediction of a token that `break_repeats` has
replaced cannot be right but by luck.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

import confidence_neurons as cn
from confidence_neurons_book.induction.activations import activation_table

BREAK, AFTER, HOLDS = "at the break", "just after the break", "where the repeat holds"


def around_breaks(
    model: TransformerBridge,
    sequences: Mapping[str, Int[Tensor, "batch position"]],
    position: Int[Tensor, " batch"],
    neurons: Sequence[int],
    *,
    before: int = 4,
    after: int = 4,
) -> pd.DataFrame:
    """Mean over sequences of what the model does around the break.

    Parameters
    ----------
    sequences : mapping of name to Int[Tensor, "batch position"]
        Such as the broken sequences and, as control, the unbroken ones.
    position : Int[Tensor, "batch"]
        Where the new token stands, from `break_repeats`.
    neurons : sequence of int
        Last-layer neurons; their activations are averaged.
    before, after : int
        How many positions around the break to keep.

    Returns
    -------
    pd.DataFrame
        As from `intervals`, one row per `sequence` (the name), `offset` and
        `quantity`: "entropy", "loss", "scale", "confidence", "wrong",
        "activation". The offset is that of the token that was read: at -1 the
        model predicts the new token, at 0 it reads it.
    """
    frames = []
    for name, tokens in sequences.items():
        away = torch.arange(tokens.shape[1]) - position[:, None]
        state = cn.run(model, tokens, at=(away >= -before) & (away <= after))
        read = cn.read(model, state, ("entropy", "loss", "scale", "confidence", "right"))
        read["wrong"] = 1 - read.pop("right")
        read["activation"] = activation_table(state, neurons).iloc[:, 2:].mean(axis=1)
        read["offset"] = read["position"] - position.numpy()[read["sequence"]]
        frames.append(cn.intervals(read, "offset").assign(sequence=name))
    return pd.concat(frames, ignore_index=True)


def hedging_doses(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    broken: Int[Tensor, "batch position"],
    position: Int[Tensor, " batch"],
    groups: Mapping[str, Sequence[int]],
    doses: Sequence[float],
) -> pd.DataFrame:
    """Loss at breaks and elsewhere when last-layer neurons are held up in the second copy.

    A dose f holds each neuron of a group at f times its mean over the first
    copy, where it is not higher by itself: max(activation, f mean).

    Parameters
    ----------
    tokens, broken : Int[Tensor, "batch position"]
        Unbroken repeats, and the same from `break_repeats`.
    position : Int[Tensor, "batch"]
        Where the new token stands in each broken one.
    groups : mapping of name to neurons
        Held one group at a time.
    doses : sequence of float
        Each from 0 to 1.

    Returns
    -------
    pd.DataFrame
        As from `intervals` for the loss in nats, one row per `group`, `dose`
        and `place`: "at the break" (where the new token is predicted), "just
        after the break" (where the token after it is), or "where the repeat
        holds" (all predictions of the second copy but that of the new token,
        in the unbroken sequences). `confidence` is the mean probability of
        the first choice.
    """
    first, second = cn.induction.copy_masks(tokens, (tokens.shape[1] - 1) // 2)
    away = torch.arange(tokens.shape[1]) - position[:, None]
    whole, cut = cn.run(model, tokens), cn.run(model, broken)
    level = whole.at(first).mean_activations()
    places = {
        BREAK: (cut, away == -1),
        AFTER: (cut, away == 0),
        HOLDS: (whole, second & (away != -1)),
    }
    never_down = torch.zeros_like(level, dtype=torch.bool)
    frames = []
    for name, neurons in groups.items():
        for dose in doses:
            for place, (state, mask) in places.items():
                held = cn.ablate(model, state.at(mask), neurons, to=dose * level, clip=never_down)
                read = cn.read(model, held, ("loss", "confidence"))
                frames.append(read.assign(group=name, dose=dose, place=place))
    table = cn.intervals(pd.concat(frames), ["group", "dose", "place"], ["loss", "confidence"])
    confidence = table.loc[table["quantity"] == "confidence", "estimate"].tolist()
    return table[table["quantity"] == "loss"].assign(confidence=confidence)


def break_even(held_loss: float, held_base: float, break_loss: float, break_base: float) -> float:
    """Share of broken predictions at which hedging costs as much as it saves.

    Hedging raises the loss where the repeat holds from `held_base` to
    `held_loss`, and lowers it at breaks from `break_base` to `break_loss`.
    With a share q of breaks it pays when q saved > (1 - q) cost:

        q = cost / (cost + saved).
    """
    cost, saved = held_loss - held_base, break_base - break_loss
    return cost / (cost + saved)
