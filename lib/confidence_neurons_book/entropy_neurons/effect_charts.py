"""Scatter plots of the effects of all neurons of a layer, with groups marked."""

from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, neurons

PREDICTION = {
    "kl_from_clean": "KL from the clean prediction (nats)",
    "argmax_changed": "first choice changed (share of tokens)",
}
EFFECT = "mean |change of entropy| (nats)"


def null_fraction_effect_chart(scans: pd.DataFrame) -> alt.LayerChart | alt.VConcatChart:
    """Null-space fraction against the effect on entropy, on the text that is chosen.

    `scans` holds frames of `scan`, one per text, with columns `text` and `group`.
    """
    return _effect_against(
        scans,
        Axis("null_fraction", "null-space fraction", domain=(0, 1)),
        title="Writing into the null space, and moving the entropy",
        description=(
            "Scatter plot of the last layer's neurons for the chosen text. Across: the null-space "
            "fraction. Up, on a logarithmic axis: the mean absolute change of entropy when the "
            "neuron is mean-ablated, in nats. Colour and shape mark the groups."
        ),
    )


def entropy_prediction_chart(scans: pd.DataFrame) -> alt.LayerChart | alt.VConcatChart:
    """Change of entropy against change of prediction, two measures of the latter.

    `scans` as for `null_fraction_effect_chart`.
    """
    y = Axis("entropy_total", EFFECT, scale="sqrt", zero=True)
    first, *others = (Axis(name, title, scale="sqrt") for name, title in PREDICTION.items())
    return neurons(
        scans[["neuron", "entropy_total", *PREDICTION, "text", "group"]],
        x=first,
        y=y,
        beside=[(other, y) for other in others],
        group="group",
        choose={"text": "Text"},
        details={"neuron": "neuron"},
        title="Much entropy for little prediction?",
        description=(
            "Two scatter plots of the last layer's neurons for the chosen text, with square-root "
            "axes. Up: the mean absolute change of entropy. Across: in the first the mean KL "
            "divergence of the ablated from the clean prediction, in the second the share of "
            "tokens whose first choice changed. A box dragged in one marks the same neurons in "
            "the other."
        ),
    )


def likeness_chart(scans: pd.DataFrame) -> alt.LayerChart | alt.VConcatChart:
    """How alike an ablation is to a temperature, against its effect on entropy.

    `scans` holds frames of `scan` merged with
    `temperature_likeness`, one per text, with columns `text` and `group`.
    """
    return _effect_against(
        scans,
        Axis("likeness", "likeness to a temperature", domain=(0, 1)),
        {"entropy_ln_mediated": "LN-mediated fraction"},
        title="Whose change is a change of confidence?",
        description=(
            "Scatter plot of the last layer's neurons for the chosen text. Across: how alike the "
            "neuron's ablation is to a temperature, from 0 to 1. Up, on a logarithmic axis: the "
            "mean absolute change of entropy. Colour and shape mark the groups."
        ),
    )


def _effect_against(
    scans: pd.DataFrame, x: Axis, more: dict[str, str] | None = None, **words: Any
) -> alt.LayerChart | alt.VConcatChart:
    """A share from 0 to 1 against the effect on entropy, where there is one; a choice of text."""
    return neurons(
        scans[scans["entropy_total"] > 0],
        x=x,
        y=Axis("entropy_total", EFFECT, scale="log"),
        group="group",
        choose={"text": "Text"},
        details={"neuron": "neuron"} | (more or {}),
        **words,
    )
