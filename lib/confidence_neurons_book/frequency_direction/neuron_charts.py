"""Token frequency neurons: which they are, by which path they act, and what they bet on."""

import pandas as pd

from confidence_neurons.charts import Axis, Category, dots, neurons
from confidence_neurons.charts.layers import Drawn
from confidence_neurons_book.frequency_direction.by_token import FREQUENT_NEXT, OTHER_NEXT
from confidence_neurons_book.frequency_direction.choosing import SHARE

QUANTITIES = {"entropy": "entropy", "kl": "KL(P_freq || P_model)", "loss": "loss"}
LOWEST = -1.0


def definition_chart(frame: pd.DataFrame, chance: float) -> Drawn:
    """Cosine with u against the share of the effect on entropy that goes through it.

    `frame` has a row for each neuron: `neuron`, `group`, `cosine`, `effect`,
    `estimate` with `low` and `high`, `left` (the share as drawn).
    """
    shown = frame.assign(
        size=frame["cosine"].abs(),
        drawn=frame["estimate"].clip(lower=LOWEST),
        low=frame["low"].clip(lower=LOWEST),
        high=frame["high"].clip(lower=LOWEST),
    )
    return neurons(
        shown,
        x=Axis("size", "size of the cosine with u", zero=True, rules={"chance": chance}),
        y=Axis(
            "drawn",
            f"share of the effect on entropy through u (lower ones at {LOWEST:g})",
            interval=("low", "high"),
            rules={"one half": SHARE},
        ),
        group="group",
        details={
            "neuron": "neuron",
            "cosine": "cosine with u",
            "estimate": "share, as measured",
            "effect": "effect on entropy (nats)",
        },
        height=340,
        title="Written along u is not yet acting through u",
        description=(
            "Scatter plot, one point with its interval per neuron of the last layer. Across: the "
            "size of the cosine between what it writes among the logits and the frequency "
            "direction u. Up: the share of its effect on entropy that goes when the projection "
            "on u is put back. Dashed lines mark the cosine that random writes seldom exceed, and "
            "the share of one half. Colour and shape tell the groups apart."
        ),
    )


def paths_chart(found: pd.DataFrame, title: str) -> Drawn:
    """Shares of an effect that go when one path is closed; rows of `by_path`."""
    return dots(
        found[["group", "closed", "quantity", "estimate", "low", "high"]].replace(
            {"quantity": QUANTITIES}
        ),
        x=Axis("estimate", "share of the effect that goes", rules={"nothing": 0, "all": 1}),
        category=Category("group", ""),
        group="closed",
        choose={"quantity": "Effect on"},
        title=title,
        description=(
            "Dots with intervals, in rows. Rows: groups of neurons. Across: the share of their "
            "effect that goes when a path is closed; a menu chooses the effect on entropy, on "
            "the KL divergence or on loss. Colour and shape: the scale is frozen, or the "
            "projection on u is put back."
        ),
    )


def story_chart(story: pd.DataFrame, title: str) -> Drawn:
    """Push against what it adds to the loss, token by token; frames of `by_token.pushes`."""
    classes = pd.Categorical(story["next class"], [FREQUENT_NEXT, OTHER_NEXT])
    keys = ["neuron", "next class", "push", "loss_added", "at", "next"]
    return neurons(
        story.assign(**{"next class": classes})[keys],
        x=Axis("push", "push towards frequent tokens, from the mean (sd)", rules={"mean": 0}),
        y=Axis("loss_added", "what the neuron adds to the loss (nats)", rules={"nothing": 0}),
        group="next class",
        choose={"neuron": "Neuron"},
        details={"at": "at token", "next": "next token"},
        height=320,
        title=title,
        description=(
            "Scatter plot, one point per token. Across: how far the neuron pushes towards "
            "frequent tokens, from its mean, in standard deviations. Up: what it adds to the "
            "loss, in nats. Colour and shape: whether the next token is a frequent one. A menu "
            "chooses the neuron. Where the push is to the right, frequent tokens lie below zero "
            "and the others above; to the left it is the other way round."
        ),
    )
