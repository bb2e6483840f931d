"""Scatter plots of the effects of all neurons of a layer, with groups marked."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from confidence_neurons.charts.looks import group_encodings
from confidence_neurons.charts.menus import buttons
from confidence_neurons.charts.theme import finish

PANEL_WIDTH = 260
PANEL_HEIGHT = 210
TEXT = "text"
PREDICTION = {
    "kl_from_clean": "KL from the clean prediction (nats)",
    "argmax_changed": "first choice changed (share of tokens)",
}


def null_fraction_effect_chart(neurons: pd.DataFrame) -> alt.Chart:
    """Null-space fraction against the effect on entropy, on the text that is chosen.

    `neurons` holds frames of `ablation.scan`, one per text, with columns
    `text` and `group`.
    """
    return finish(
        _effect_against(neurons, "null_fraction", "null-space fraction", "chosen_text_rho"),
        title="Writing into the null space, and moving the entropy",
        description=(
            "Scatter plot of the last layer's neurons for the chosen text. Across: the null-space "
            "fraction. Up, on a logarithmic axis: the mean absolute change of entropy when the "
            "neuron is mean-ablated, in nats. On noisy text the entropy neurons are among the "
            "strongest; on clean text many of them are among the weakest."
        ),
    )


def entropy_prediction_chart(neurons: pd.DataFrame) -> alt.VConcatChart:
    """Change of entropy against change of prediction, two measures of the latter.

    `neurons` as for `null_fraction_effect_chart`.
    """
    columns = ["neuron", "entropy_total", *PREDICTION, "text", "group"]
    colour, shape = group_encodings(neurons["group"])
    base = (
        alt.Chart(neurons[columns].round(6))
        .transform_filter(f"datum.{TEXT} === chosen_text_prediction")
        .mark_point(filled=True, size=36, opacity=0.75)
    )
    panels = [
        base.encode(
            x=alt.X(f"{column}:Q", title=title, scale=alt.Scale(type="sqrt")).axis(
                tickCount=4, format="~g"
            ),
            y=alt.Y(
                "entropy_total:Q",
                title="mean |change of entropy| (nats)",
                scale=alt.Scale(type="sqrt"),
            ),
            color=colour,
            shape=shape,
            tooltip=[
                alt.Tooltip("neuron:Q"),
                alt.Tooltip("entropy_total:Q", format=".4f", title="|change of entropy| (nats)"),
                alt.Tooltip("kl_from_clean:Q", format=".2~g", title="KL from clean (nats)"),
                alt.Tooltip("argmax_changed:Q", format=".2%", title="first choice changed"),
            ],
        ).properties(width=PANEL_WIDTH, height=PANEL_HEIGHT)
        for column, title in PREDICTION.items()
    ]
    return finish(
        alt.vconcat(*panels).add_params(_text_choice(neurons, "chosen_text_prediction")),
        title="Much entropy for little prediction: the upper left",
        description=(
            "Two scatter plots of the last layer's neurons for the chosen text, with square-root "
            "axes. Up: the mean absolute change of entropy. Across: in the first the mean KL "
            "divergence of the ablated from the clean prediction, in the second the share of "
            "tokens whose first choice changed. Entropy neurons lie above most neurons that "
            "change the prediction as much."
        ),
        height=None,
    )


def likeness_chart(neurons: pd.DataFrame) -> alt.Chart:
    """How alike an ablation is to a temperature, against its effect on entropy.

    `neurons` holds frames of `ablation.scan` merged with
    `temperature_likeness`, one per text, with columns `text` and `group`.
    """
    return finish(
        _effect_against(
            neurons,
            "likeness",
            "likeness to a temperature",
            "chosen_text_likeness",
            {"entropy_ln_mediated": "LN-mediated fraction"},
        ),
        title="Whose change is a change of confidence?",
        description=(
            "Scatter plot of the last layer's neurons for the chosen text. Across: how alike the "
            "neuron's ablation is to a temperature, from 0 to 1. Up, on a logarithmic axis: the "
            "mean absolute change of entropy. On noisy text most neurons lie at the left; most "
            "entropy neurons lie at the right, neurons that write along the frequency direction "
            "in between and at the right."
        ),
    )


def _effect_against(
    neurons: pd.DataFrame,
    column: str,
    title: str,
    choice: str,
    more: Mapping[str, str] | None = None,
) -> alt.Chart:
    """A share from 0 to 1 against the effect on entropy; a choice of text.

    `more` names columns that only the tooltip shows, and what it calls them.
    """
    more = more or {}
    columns = ["neuron", column, "entropy_total", *more, TEXT, "group"]
    colour, shape = group_encodings(neurons["group"])
    return (
        alt.Chart(neurons[columns].round(5))
        .transform_filter(f"datum.{TEXT} === {choice}")
        .mark_point(filled=True, size=40, opacity=0.75)
        .encode(
            x=alt.X(f"{column}:Q", title=title, scale=alt.Scale(domain=[0, 1])),
            y=alt.Y(
                "entropy_total:Q",
                title="mean |change of entropy| (nats)",
                scale=alt.Scale(type="log", nice=False, domain=_range(neurons, "entropy_total")),
            ),
            color=colour,
            shape=shape,
            tooltip=[
                alt.Tooltip("neuron:Q"),
                alt.Tooltip("group:N"),
                alt.Tooltip(f"{column}:Q", format=".2f", title=title),
                alt.Tooltip("entropy_total:Q", format=".4f", title="|change of entropy| (nats)"),
                *(
                    alt.Tooltip(f"{name}:Q", format=".2f", title=said)
                    for name, said in more.items()
                ),
            ],
        )
        .add_params(_text_choice(neurons, choice))
    )


def _text_choice(frame: pd.DataFrame, name: str) -> alt.Parameter:
    return buttons(name, "Text", list(dict.fromkeys(frame[TEXT])))


def _range(frame: pd.DataFrame, column: str) -> list[float]:
    """From a little below the smallest positive value to a little above the largest."""
    values = frame[column].to_numpy()
    positive = values[values > 0]
    return [0.8 * float(positive.min()), 1.25 * float(positive.max())]
