"""What clipping neurons and switching off heads does at the positions of a task.

Clip mean-ablation takes away what a neuron does on a task beyond its mean
over a reference, such as the other copy (Stolfo et al. 2024, section 6).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import torch
from transformer_lens.model_bridge import TransformerBridge

import confidence_neurons as cn
from confidence_neurons.measure.interventions import Head, rising
from confidence_neurons_book.induction.activations import activation_table

QUANTITIES = ("entropy", "loss", "scale", "confidence", "right")
IF_WRONG = "confidence if wrong"
PLACES = ["sequence", "position"]


def clip_effects(
    model: TransformerBridge,
    task: cn.State,
    reference: cn.State,
    groups: Mapping[Any, Sequence[int]],
    quantities: Sequence[str] = QUANTITIES,
) -> pd.DataFrame:
    """Clip the last-layer neurons of each group together.

    Parameters
    ----------
    task, reference : State
        Of one text: where to measure, and where the neurons' means are taken.
    groups : mapping of name to neurons
        None of them empty.
    quantities : sequence of str
        As in `read`.

    Returns
    -------
    pd.DataFrame
        As `before_and_after`, and the `size` of each group.
    """
    changes = cn.effects(
        model, task, groups, **_clip(task, reference), paths="total", quantities=quantities
    )
    table = before_and_after(cn.read(model, task, quantities), changes)
    return table.assign(size=table["group"].map({name: len(each) for name, each in groups.items()}))


def clip_one_by_one(
    model: TransformerBridge,
    task: cn.State,
    reference: cn.State,
    groups: Mapping[str, Sequence[int]],
) -> pd.DataFrame:
    """Clip the neurons of each group one by one; no neuron is in two groups.

    Returns
    -------
    pd.DataFrame
        As `before_and_after`, with the `neuron` and its `group`.
    """
    group_of = {neuron: name for name, members in groups.items() for neuron in members}
    alone = clip_effects(model, task, reference, {neuron: [neuron] for neuron in group_of})
    return alone.assign(neuron=alone["group"].astype("Int64"), group=alone["group"].map(group_of))


def clip_every_neuron(
    model: TransformerBridge, task: cn.State, reference: cn.State
) -> pd.DataFrame:
    """Clip each neuron of the layer by itself: the change of entropy in nats.

    Returns
    -------
    pd.DataFrame
        As from `intervals`, one row per `neuron`.
    """
    changes = cn.token_effects(model, task.tokens, at=task.counted, **_clip(task, reference))
    return cn.intervals(changes, "neuron", "entropy_total")


def head_effects(
    model: TransformerBridge,
    task: cn.State,
    groups: Mapping[str, Sequence[Head]],
    neurons: Sequence[int],
) -> pd.DataFrame:
    """Let the heads of each group look at BOS alone: what becomes of output and neurons.

    Parameters
    ----------
    task : State
        Of the model left alone, where to measure.
    groups : mapping of name to heads
        Pairs (layer, head); those of a group are switched off together.
    neurons : sequence of int
        Last-layer neurons whose activation is followed.

    Returns
    -------
    pd.DataFrame
        As `before_and_after`; the quantity "activation" has one row for each
        `neuron`, which is missing elsewhere.
    """
    without = {name: cn.ablate_heads(model, task, heads) for name, heads in groups.items()}
    changes = cn.compare(model, task, without, paths="total", quantities=QUANTITIES)
    output = before_and_after(cn.read(model, task, QUANTITIES), changes)
    clean = activation_table(task, neurons)
    moved = [
        (activation_table(state, neurons) - clean).add_suffix("_total").assign(group=name)
        for name, state in without.items()
    ]
    places = pd.concat([clean[PLACES]] * len(moved), ignore_index=True)
    activations = pd.concat([places, pd.concat(moved, ignore_index=True)], axis=1)
    followed = before_and_after(clean, activations)
    followed = followed.assign(neuron=followed["quantity"].astype(int), quantity="activation")
    return pd.concat([output, followed.astype({"neuron": "Int64"})], ignore_index=True)


def before_and_after(clean: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Means of each quantity left alone and ablated, and the change with its interval.

    Two quantities are added where they can be: "wrong", 1 - "right"; and
    "confidence if wrong", the confidence at the places where the first choice
    of the model left alone is wrong.

    Parameters
    ----------
    clean : pd.DataFrame
        From `read`.
    changes : pd.DataFrame
        From `effects` or `compare` of the same places and quantities, along
        the path "total".

    Returns
    -------
    pd.DataFrame
        One row per `group` and `quantity`: `clean` and `ablated`, means;
        `estimate`, their difference, with `low` and `high`; `tokens`.
    """
    totals = [f"{name}_total" for name in clean.columns.drop(PLACES)]
    table = cn.intervals(changes, "group", totals)
    table["quantity"] = table["quantity"].str.removesuffix("_total")
    before = clean.drop(columns=PLACES).mean()
    if "right" in clean:
        right = table["quantity"] == "right"
        turned = table[right].assign(quantity="wrong")
        turned[["estimate", "low", "high"]] = -turned[["estimate", "high", "low"]].to_numpy()
        before["wrong"] = 1 - before["right"]
        table = pd.concat([table[~right], turned, _if_wrong(clean, changes)], ignore_index=True)
        before[IF_WRONG] = clean.loc[clean["right"] == 0, "confidence"].mean()
    levels = table["quantity"].map(before)
    return table.assign(clean=levels, ablated=levels + table["estimate"])


def levels(effects: pd.DataFrame, quantities: Sequence[str]) -> pd.DataFrame:
    """The means as a table, one row per group and one for the model left alone, "none"."""
    table = effects.pivot_table("ablated", "group", "quantity", sort=False)
    table.loc["none"] = effects.groupby("quantity")["clean"].mean()
    return table[list(quantities)]


def _clip(task: cn.State, reference: cn.State) -> dict[str, Any]:
    return {"to": reference.mean_activations(), "clip": rising(task, reference)}


def _if_wrong(clean: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """A ratio of means, so that the same sequences are drawn for it as for the rest."""
    joined = changes.merge(clean[[*PLACES, "right"]], on=PLACES)
    wrong = 1 - joined["right"]
    frame = joined.assign(wrong=wrong, where_wrong=wrong * joined["confidence_total"])
    table = cn.intervals(frame, "group", ["where_wrong", "wrong"], statistic=torch.div)
    counted = frame.groupby("group", sort=False)["wrong"].sum().astype(int)
    return table.assign(quantity=IF_WRONG, tokens=counted.to_numpy())
