"""Groups of neurons ablated together: estimates with their intervals, in rows."""

from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, Category, dots

QUANTITIES = {"kl": "KL(P_freq || P_model)", "kl_reverse": "KL(P_model || P_freq)"}


def paths_chart(sizes: pd.DataFrame) -> alt.LayerChart:
    """Effects in total and with one path closed; frames of `frequency.neurons.effect_sizes`."""
    return _by_quantity(
        sizes,
        _group(sizes),
        "effect",
        axis="mean absolute effect (nats)",
        title="Total effect, and with one path closed",
        description=(
            "Dots with intervals, in rows. Rows: the groups of neurons. Across: mean absolute "
            "effect of switching the group off on half noise, in nats; a switch chooses the "
            "quantity. Colour and shape: the total effect, the effect with the final scale "
            "frozen, and the effect with the projection on the frequency direction restored."
        ),
    )


def situations_chart(means: pd.DataFrame) -> alt.LayerChart:
    """Changes by situation: `frequency.neurons.mean_changes`, with a column `text`."""
    labels = means["label"].str.replace(" and ", ", ")
    return _by_quantity(
        means.assign(situation=means["text"] + ": " + labels),
        "situation",
        _group(means),
        axis="mean change (nats)",
        title="Switched off, when the model is sure, unsure, right, wrong",
        description=(
            "Dots with intervals, in rows. Rows: text and situation of the token. Across: "
            "mean change when a group of neurons is switched off, in nats; a switch chooses "
            "entropy, loss or distance to the unigram distribution. Colour and shape: the group."
        ),
    )


def classes_chart(means: pd.DataFrame) -> alt.LayerChart:
    """Changes by the class of the next token; frames of `frequency.neurons.mean_changes`."""
    return _by_quantity(
        means,
        "label",
        _group(means),
        axis="mean change (nats)",
        title="Switched off, by the frequency of the next token",
        description=(
            "Dots with intervals, in rows. Rows: how frequent the next token is. Across: "
            "mean change when a group of neurons is switched off on half noise, in nats; a "
            "switch chooses the quantity. Colour and shape: the group."
        ),
    )


def interaction_chart(found: pd.DataFrame) -> alt.LayerChart:
    """Joint change, sum and interaction; frames of `frequency.neurons.interactions`."""
    return _by_quantity(
        found,
        "effect",
        "pair",
        axis="mean change (nats)",
        title="Both switched off, against the sum of each",
        description=(
            "Dots with intervals, in three rows: the sum of the two single changes, the "
            "joint change, and their difference, the interaction. Across: mean change in "
            "nats; a switch chooses the quantity. Colour and shape: both kinds of neurons, or two "
            "random groups of the same sizes."
        ),
    )


def _by_quantity(
    frame: pd.DataFrame, category: str, group: str, *, axis: str, **words: Any
) -> alt.LayerChart:
    columns = [category, group, "quantity", "estimate", "low", "high"]
    return dots(
        frame[columns].replace({"quantity": QUANTITIES}),
        x=Axis("estimate", axis, rules={"nothing": 0}),
        category=Category(category, ""),
        group=group,
        choose={"quantity": "Effect on"},
        **words,
    )


def _group(frame: pd.DataFrame) -> str:
    return "group" if "group" in frame else "set"
