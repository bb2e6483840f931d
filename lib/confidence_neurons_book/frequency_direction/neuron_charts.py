"""Token frequency neurons: how strong, by which path, on which tokens."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.looks import group_encodings
from confidence_neurons.charts.menus import buttons
from confidence_neurons.charts.theme import finish
from confidence_neurons.groups.finding import OTHERS
from confidence_neurons_book.frequency_direction.carrier_charts import CLASSES, SHAPES

MEASURES = {
    "KL(P_freq || P_model)": ("kl_total", "frequency_mediated"),
    "loss": ("loss_total", "loss_frequency_mediated"),
    "entropy": ("entropy_total", "entropy_frequency_mediated"),
}
SMALLEST = 0.02
LOWEST = -0.5


def mediation_chart(effects: pd.DataFrame) -> alt.Chart:
    """Frequency-mediated share against the size of the effect, one point per neuron.

    `effects` holds frames of `ablation.scan` with frequency columns, each with
    a column `measured` that says on what, and `group`. Shares below -0.5 stand
    at the left edge; of the neurons in no group those whose effects are all
    below 2 % of the largest are left out.
    """
    colour, shape = group_encodings(effects["group"])
    names = list(MEASURES)
    shown = effects[["neuron", "group", "measured"]].assign(
        cosine=effects["frequency_cosine"].round(2), rho=effects["null_fraction"].round(2)
    )
    large = effects["group"] != OTHERS
    for number, (effect, share) in enumerate(MEASURES.values()):
        shown[f"effect{number}"] = effects[effect].round(5)
        shown[f"share{number}"] = effects[share].round(3)
        largest = effects.groupby("measured")[effect].transform("max")
        large |= effects[effect] / largest > SMALLEST
    shown = shown[large]
    text = buttons("mediation_text", "Measured on", list(effects["measured"].unique()))
    measure = buttons("mediation_measure", "Effect on", names)
    chart = (
        alt.Chart(shown)
        .transform_filter("datum.measured === mediation_text")
        .transform_calculate(
            effect=f"datum['effect' + indexof({names}, mediation_measure)]",
            share=f"datum['share' + indexof({names}, mediation_measure)]",
            shown=f"max(datum.share, {LOWEST})",
        )
        .mark_point(filled=True, opacity=0.8)
        .encode(
            x=alt.X(
                "shown:Q",
                scale=alt.Scale(nice=False, padding=8),
                title="share of the effect mediated by u",
                axis=alt.Axis(labelBound=True),
            ),
            y=alt.Y(
                "effect:Q",
                scale=alt.Scale(type="log", nice=False, padding=8),
                title="mean absolute effect (nats)",
            ),
            color=colour,
            shape=shape,
            size=alt.condition(f"datum.group === '{OTHERS}'", alt.value(18), alt.value(70)),
            order=alt.condition(f"datum.group === '{OTHERS}'", alt.value(0), alt.value(1)),
            tooltip=[
                "neuron:N",
                "group:N",
                alt.Tooltip("effect:Q", title="effect (nats)"),
                alt.Tooltip("share:Q", title="share mediated by u", format=".2f"),
                alt.Tooltip("cosine:Q", title="cosine with u"),
                alt.Tooltip("rho:Q", title="null-space fraction"),
            ],
        )
        .add_params(text, measure)
    )
    return finish(
        chart,
        title="Token frequency neurons by effect and mediation",
        description=(
            "Scatter plot, one point per neuron of the last layer. Across: the share of its "
            "effect that the frequency direction mediates. Up, on a logarithmic axis: its mean "
            "absolute effect in nats. Switches choose the text and whether the effect is on the "
            "distance to the unigram distribution, on loss or on entropy. Frequency neurons, "
            "entropy neurons and all others differ in colour and shape."
        ),
    )


def story_chart(story: pd.DataFrame, neuron: int) -> alt.Chart:
    """Activation against what the neuron adds to the loss, by the frequency of the target.

    `story` has one row per token: `activation`, `loss_added`, `kl_added`,
    `entropy_added`, `class` of the target, `at` and `next` (labels); see
    `frequency_story`.
    """
    names = {
        "loss_added": "loss",
        "kl_added": "KL(P_freq || P_model)",
        "entropy_added": "entropy",
    }
    choice = buttons("story_measure", "Added to", list(names.values()))
    columns = ["activation", "class", "at", "next", *names]
    chart = (
        alt.Chart(story[columns].round(3).rename(names, axis=1))
        .transform_fold([*names.values()], as_=["measure", "added"])
        .transform_filter("datum.measure === story_measure")
        .mark_point(filled=True, size=26, opacity=0.7)
        .encode(
            x=alt.X("activation:Q", title=f"activation of neuron {neuron}"),
            y=alt.Y("added:Q", title="what the neuron adds (nats)"),
            color=alt.Color("class:N", scale=CLASSES, title="next token"),
            shape=alt.Shape("class:N", scale=SHAPES, title="next token"),
            tooltip=[
                alt.Tooltip("at:N", title="at token"),
                alt.Tooltip("next:N", title="next token"),
                alt.Tooltip("class:N", title="which is"),
                alt.Tooltip("activation:Q", format=".2f"),
                alt.Tooltip("added:Q", title="added (nats)", format=".3f"),
            ],
        )
        .add_params(choice)
    )
    return finish(
        chart,
        title=f"What neuron {neuron} adds, token by token",
        description=(
            "Scatter plot, one point per token. Across: activation of the neuron. Up: what the "
            "neuron adds to the loss, the distance to the unigram distribution or the entropy, "
            "in nats; a switch chooses. Colour and shape say how frequent the next token is. "
            "The more the neuron fires, the more it lowers the loss of frequent tokens and "
            "raises that of rare ones."
        ),
    )
