"""Models side by side: spectra, shares of all neurons, effects of groups."""

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, Category, bands, dots, side_by_side
from confidence_neurons.charts.layers import Drawn, rules, tooltips
from confidence_neurons.charts.menus import rounded
from confidence_neurons.charts.neurons import point_layer

PANEL_HEIGHT = 160
LOWEST_SHARE = -1.5
STRENGTHS = 300  # how many times as strong as the faintest colour the strongest is
DETAILS = {
    "neuron": "neuron",
    "null_fraction": "null-space fraction",
    "entropy_ln_mediated": "share through the scale, as measured",
    "entropy_total": "|entropy change| (nats)",
}


def tails_chart(tails: pd.DataFrame) -> Drawn:
    """The smallest singular values of each model, over the median of its own.

    `tails` holds frames of `measured.spectrum_tail`.
    """
    return bands(
        tails,
        x=Axis("place", "direction, counted from the weakest"),
        y=Axis("relative", "singular value / median", scale="log"),
        group="model",
        title="How the spectra end",
        description=(
            "Line chart with a logarithmic vertical axis. Across: directions of the residual "
            "stream, the one that moves the logits least on the left; those that the centring "
            "makes zero are left out. Up: the singular value over the median of the model's own. "
            "One line for each model."
        ),
    )


def share_panels(scans: pd.DataFrame) -> alt.VConcatChart:
    """Share through the scale against null-space fraction, a panel for each measurement.

    `scans` holds frames of `cn.scan`, each with a column `measured`.
    """
    largest = float(scans["entropy_total"].max())
    shown = rounded(scans[["measured", *DETAILS]]).assign(
        share=scans["entropy_ln_mediated"].clip(lower=LOWEST_SHARE).round(3),
        strength=scans["entropy_total"].clip(lower=largest / STRENGTHS).round(6),
    )
    x = Axis("null_fraction", "null-space fraction", domain=(0, 1))
    y = Axis("share", "share", domain=(LOWEST_SHARE, 1), rules={" ": 0})
    strength = Axis(
        "strength",
        "mean |entropy change| (nats)",
        scale="log",
        domain=(largest / STRENGTHS, largest),
        format=".3~f",
    )
    panels = [
        alt.LayerChart(
            layer=[
                *rules(y, None, upright=False),
                point_layer(
                    alt.Chart(rows.drop(columns="measured")),
                    x,
                    y,
                    tooltips(rows, DETAILS),
                    [],
                    coloured_by=strength,
                ),
            ],
            title=alt.Title(str(name), fontSize=12, anchor="start"),
        )
        for name, rows in shown.groupby("measured", sort=False)
    ]
    return side_by_side(
        panels,
        height=PANEL_HEIGHT,
        title="The share through the scale, for every neuron",
        description=(
            "Scatter plots, one for each model and text, a point for each neuron of the last layer."
            " Across: the share of the output weights' norm in the null space. "
            "Up: the share of the effect on entropy that goes through the final scale; very low "
            "ones stand at the lower edge. Colour, from blue to orange: the size of the effect."
        ),
    )


def effects_chart(effects: pd.DataFrame) -> Drawn:
    """Total and direct effect of each group on entropy, a panel for each measurement.

    `effects` holds frames of `measured.group_effects`.
    """
    shown = effects[effects["effect"].isin(["total", "direct"])]
    titles = {name: f"{name}: mean |change| (nats)" for name in shown["measured"].unique()}
    return dots(
        shown,
        x=Axis("estimate", titles, zero=True),
        category=Category("group", ""),
        group="effect",
        panel="measured",
        details={"tokens": "neurons × tokens"},  # noqa: RUF001
        title="With the scale free, and with the scale frozen",
        description=(
            "Dots with intervals, a panel for each model and text. A row for each group of "
            "neurons. Across: the mean absolute change of entropy in nats when a neuron is held at "
            "its mean, in total and with the final scale frozen (direct). Lines are 95 % intervals "
            "over rows of text."
        ),
    )
