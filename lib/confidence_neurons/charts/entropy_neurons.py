"""Scatter plots over all neurons of a layer, with groups marked; the brush fills a table."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.theme import BLUE, GREEN, GREY, ORANGE, PINK, finish
from confidence_neurons.entropy_neurons import OTHERS

PANEL_WIDTH = 260
PANEL_HEIGHT = 210
TABLE_ROWS = 12
TABLE_COLUMN = 46
COLOURS = [ORANGE, BLUE, GREEN, PINK]
SHAPES = ["diamond", "square", "triangle-up", "triangle-down"]
TABLE = {
    "neuron": ("neuron", ""),
    "weight_norm": ("norm", ".2f"),
    "logit_var_share": ("LogitVar", ".2f"),
    "null_fraction": ("ρ", ".2f"),  # noqa: RUF001
    "entropy_total": ("|ΔH|", ".4f"),
}
TEXT, MEASURE = "text", "measure"
PREDICTION = {
    "kl_from_clean": "KL from the clean prediction (nats)",
    "argmax_changed": "first choice changed (share of tokens)",
}


def norm_logit_var_chart(neurons: pd.DataFrame) -> alt.VConcatChart:
    """Weight norm against LogitVar; a brush fills a table with the neurons under it.

    `neurons` comes from `ablation.scan`, with a column `group` (see
    `entropy_neurons.with_groups`). LogitVar is shown over its median.
    """
    shown = neurons.assign(logit_var_share=neurons["logit_var"] / neurons["logit_var"].median())
    shown = shown[[*TABLE, "group"]].round(4)
    brush = alt.selection_interval(
        name="brush",
        value={
            "x": [1.2, float(shown["weight_norm"].max()) + 0.05],
            "y": [0.9 * float(shown["logit_var_share"].min()), 0.4],
        },
    )
    colour, shape = group_encodings(shown)
    points = (
        alt.Chart(shown)
        .mark_point(filled=True, size=40)
        .encode(
            x=alt.X("weight_norm:Q", title="weight norm", scale=alt.Scale(zero=False)),
            y=alt.Y(
                "logit_var_share:Q",
                title="LogitVar / median LogitVar",
                scale=alt.Scale(type="log", nice=False),
            ),
            color=colour,
            shape=shape,
            opacity=alt.condition(brush, alt.value(0.9), alt.value(0.3)),
            tooltip=neuron_tooltips(),
        )
        .add_params(brush)
        .properties(width=PANEL_WIDTH, height=PANEL_HEIGHT)
    )
    rows = (
        alt.Chart(shown)
        .transform_filter(brush)
        .transform_window(row="row_number()", sort=[alt.SortField("entropy_total", "descending")])
        .transform_filter(f"datum.row <= {TABLE_ROWS}")
    )
    columns = [
        rows.mark_text(align="right", fontSize=12)
        .encode(
            x=alt.value(TABLE_COLUMN),
            y=alt.Y("row:O", axis=None),
            text=alt.Text(f"{column}:Q", format=form),
            color=colour.legend(None),
            tooltip=neuron_tooltips(),
        )
        .properties(
            width=TABLE_COLUMN,
            height=15 * TABLE_ROWS,
            title=alt.Title(title, fontSize=11, anchor="end", offset=2),
        )
        for column, (title, form) in TABLE.items()
    ]
    return finish(
        alt.vconcat(points, alt.hconcat(*columns, spacing=8)),
        title="Long vectors that hardly move a logit: drag a box",
        description=(
            "Scatter plot of the last layer's neurons. Across: the norm of the output weights. Up, "
            "on a logarithmic axis: LogitVar over its median. Colour and shape mark the groups. A "
            "box that the reader drags over the points fills the table below with the neurons "
            "under it, those with the strongest effect on entropy first: neuron, norm, LogitVar "
            "over the median, null-space fraction, mean absolute change of entropy in nats."
        ),
        height=None,
    )


def null_fraction_effect_chart(neurons: pd.DataFrame) -> alt.Chart:
    """Null-space fraction against the effect on entropy, on the text that is chosen.

    `neurons` holds frames of `ablation.scan`, one per text, with columns
    `text` and `group`.
    """
    columns = ["neuron", "null_fraction", "entropy_total", "entropy_ln_mediated", "text", "group"]
    colour, shape = group_encodings(neurons)
    chart = (
        alt.Chart(neurons[columns].round(5))
        .transform_filter(f"datum.{TEXT} === chosen_text_rho")
        .mark_point(filled=True, size=40, opacity=0.75)
        .encode(
            x=alt.X("null_fraction:Q", title="null-space fraction", scale=alt.Scale(domain=[0, 1])),
            y=alt.Y(
                "entropy_total:Q",
                title="mean |change of entropy| (nats)",
                scale=alt.Scale(type="log", nice=False, domain=_range(neurons["entropy_total"])),
            ),
            color=colour,
            shape=shape,
            tooltip=[
                alt.Tooltip("neuron:Q"),
                alt.Tooltip("null_fraction:Q", format=".2f", title="null-space fraction"),
                alt.Tooltip("entropy_total:Q", format=".4f", title="|change of entropy| (nats)"),
                alt.Tooltip("entropy_ln_mediated:Q", format=".2f", title="LN-mediated fraction"),
            ],
        )
        .add_params(text_choice(neurons, "chosen_text_rho"))
    )
    return finish(
        chart,
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
    colour, shape = group_encodings(neurons)
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
        alt.vconcat(*panels).add_params(text_choice(neurons, "chosen_text_prediction")),
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
    columns = ["neuron", "likeness", "entropy_total", "entropy_ln_mediated", "text", "group"]
    colour, shape = group_encodings(neurons)
    chart = (
        alt.Chart(neurons[columns].round(5))
        .transform_filter(f"datum.{TEXT} === chosen_text_likeness")
        .mark_point(filled=True, size=40, opacity=0.75)
        .encode(
            x=alt.X(
                "likeness:Q", title="likeness to a temperature", scale=alt.Scale(domain=[0, 1])
            ),
            y=alt.Y(
                "entropy_total:Q",
                title="mean |change of entropy| (nats)",
                scale=alt.Scale(type="log", nice=False, domain=_range(neurons["entropy_total"])),
            ),
            color=colour,
            shape=shape,
            tooltip=[
                alt.Tooltip("neuron:Q"),
                alt.Tooltip("group:N"),
                alt.Tooltip("likeness:Q", format=".2f"),
                alt.Tooltip("entropy_total:Q", format=".4f", title="|change of entropy| (nats)"),
                alt.Tooltip("entropy_ln_mediated:Q", format=".2f", title="LN-mediated fraction"),
            ],
        )
        .add_params(text_choice(neurons, "chosen_text_likeness"))
    )
    return finish(
        chart,
        title="Whose change is a change of confidence?",
        description=(
            "Scatter plot of the last layer's neurons for the chosen text. Across: how alike the "
            "neuron's ablation is to a temperature, from 0 to 1. Up, on a logarithmic axis: the "
            "mean absolute change of entropy. On noisy text most neurons lie at the left; entropy "
            "neurons lie at the right, and so do neurons that write along the frequency direction."
        ),
    )


def group_encodings(frame: pd.DataFrame) -> tuple[alt.Color, alt.Shape]:
    """Colour and shape of the groups in the order of the frame, "others" last and grey."""
    names = [name for name in dict.fromkeys(frame["group"]) if name != OTHERS]
    names.sort(key=lambda name: (not name.startswith("entropy"), name))
    domain = [*names, OTHERS]
    colours = [*COLOURS[: len(names)], GREY]
    shapes = [*SHAPES[: len(names)], "circle"]
    return (
        alt.Color("group:N", scale=alt.Scale(domain=domain, range=colours), title=None),
        alt.Shape("group:N", scale=alt.Scale(domain=domain, range=shapes), title=None),
    )


def text_choice(frame: pd.DataFrame, name: str) -> alt.Parameter:
    """Buttons to choose one of the frame's texts, the first one at first."""
    texts = list(dict.fromkeys(frame[TEXT]))
    return alt.param(
        name=name, value=texts[0], bind=alt.binding_radio(options=texts, name="Text: ")
    )


def neuron_tooltips() -> list[alt.Tooltip]:
    """What pointing at a neuron says of its weights and its effect."""
    return [
        alt.Tooltip("neuron:Q"),
        alt.Tooltip("group:N"),
        alt.Tooltip("weight_norm:Q", format=".2f", title="weight norm"),
        alt.Tooltip("logit_var_share:Q", format=".2f", title="LogitVar / median"),
        alt.Tooltip("null_fraction:Q", format=".2f", title="null-space fraction"),
        alt.Tooltip("entropy_total:Q", format=".4f", title="|change of entropy| (nats)"),
    ]


def _range(values: pd.Series) -> list[float]:
    """From a little below the smallest positive value to a little above the largest."""
    positive = values[values > 0]
    return [0.8 * float(positive.min()), 1.25 * float(positive.max())]
