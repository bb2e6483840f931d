"""Groups of neurons ablated together: estimates with their intervals, in rows."""

from typing import Any

import pandas as pd

from confidence_neurons.charts import Axis, Category, dots
from confidence_neurons.charts.layers import Drawn

QUANTITIES = {"kl": "KL(P_freq || P_model)", "kl_reverse": "KL(P_model || P_freq)"}


def paths_chart(sizes: pd.DataFrame) -> Drawn:
    """Effects in total and with one path closed; frames of `averages.effect_sizes`."""
    return _by_quantity(
        sizes,
        "group",
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


def situations_chart(means: pd.DataFrame) -> Drawn:
    """Mean changes by `text`, `situation` and `group`; frames of `intervals`."""
    situation = means["situation"].str.replace(" and ", ", ")
    return _by_quantity(
        means.assign(situation=means["text"] + ": " + situation),
        "situation",
        "group",
        axis="mean change (nats)",
        title="Switched off, when the model is sure, unsure, right, wrong",
        description=(
            "Dots with intervals, in rows. Rows: text and situation of the token. Across: "
            "mean change when a group of neurons is switched off, in nats; a switch chooses "
            "entropy, loss or distance to the unigram distribution. Colour and shape: the group."
        ),
    )


def classes_chart(means: pd.DataFrame) -> Drawn:
    """Mean changes by the `class` of the next token and `group`; frames of `intervals`."""
    return _by_quantity(
        means,
        "class",
        "group",
        axis="mean change (nats)",
        title="Switched off, by the frequency of the next token",
        description=(
            "Dots with intervals, in rows. Rows: how frequent the next token is. Across: "
            "mean change when a group of neurons is switched off on half noise, in nats; a "
            "switch chooses the quantity. Colour and shape: the group."
        ),
    )


def interaction_chart(found: pd.DataFrame) -> Drawn:
    """Joint change, sum and interaction; frames of `averages.interactions`."""
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
) -> Drawn:
    columns = [category, group, "quantity", "estimate", "low", "high"]
    return dots(
        frame[columns].replace({"quantity": QUANTITIES}),
        x=Axis("estimate", axis, rules={"nothing": 0}),
        category=Category(category, ""),
        group=group,
        choose={"quantity": "Effect on"},
        **words,
    )
