"""Total against direct effect, and the share that the final scale mediates, neuron by neuron."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.looks import group_colours, group_shapes
from confidence_neurons.charts.menus import menu
from confidence_neurons.charts.theme import GREY, finish

PANEL_WIDTH, PANEL_HEIGHT = 270, 270
LOWEST_SHARE = -1.5


def total_against_direct(effects: pd.DataFrame) -> alt.LayerChart:
    """Direct against total effect of each neuron, with intervals; a menu chooses the measurement.

    `effects` holds frames of `mediation.effect_intervals`, each with columns
    `group` (of the neuron) and `measured` (what and on which text).
    """
    wide = _wide(effects)
    choices = list(wide["measured"].unique())
    choice = menu("effects_measured", "Measured", choices)
    groups = list(wide["group"].unique())
    ends = [
        wide[["total_low", "direct_low"]].min(axis=None),
        wide[["total_high", "direct_high"]].max(axis=None),
    ]
    axis = alt.Scale(
        type="log",
        nice=False,
        domain=[max(ends[0] * 0.8, ends[1] / 3000), ends[1] * 1.2],
        clamp=True,
    )
    base = (
        alt.Chart(wide)
        .transform_filter("datum.measured === effects_measured")
        .encode(
            x=alt.X("total:Q", scale=axis, title="total effect (mean |change|, nats)"),
            y=alt.Y("direct:Q", scale=axis, title="direct effect (mean |change|, nats)"),
            color=alt.Color(
                "group:N",
                title=None,
                sort=groups,
                scale=group_colours(groups),
            ),
            tooltip=[
                "neuron:N",
                "group:N",
                *_bounds("total", ".4f"),
                *_bounds("direct", ".4f"),
                *_bounds("mediated", ".2f"),
            ],
        )
    )
    layers = [
        _diagonal(axis.domain),
        base.mark_rule(opacity=0.6).encode(x=alt.X("total_low:Q", scale=axis), x2="total_high:Q"),
        base.mark_rule(opacity=0.6).encode(y=alt.Y("direct_low:Q", scale=axis), y2="direct_high:Q"),
        base.mark_point(filled=True, size=60, opacity=0.9).encode(
            shape=alt.Shape(
                "group:N",
                sort=groups,
                title=None,
                scale=group_shapes(groups),
            )
        ),
    ]
    chart = alt.LayerChart(layer=layers, width=PANEL_WIDTH, height=PANEL_HEIGHT)
    return finish(
        chart.add_params(choice),
        title="Below the diagonal the scale adds, above it the scale undoes",
        description=(
            "Scatter plot with logarithmic axes. Across: the total effect of ablating a neuron; "
            "up: its direct effect, the final scale frozen; both as mean absolute changes in nats, "
            "with 95 % intervals as lines. On the dashed diagonal both are equal. Colour and shape "
            "tell the group of the neuron. Entropy neurons lie below the diagonal."
        ),
        height=None,
    )


def share_chart(neurons: pd.DataFrame) -> alt.LayerChart:
    """Mediated share of every neuron against its null-space fraction; colour is the effect.

    `neurons` holds frames of `ablation.scan`, each with a column `measured`
    (which model, on which text); a menu chooses among them.
    """
    choices = list(neurons["measured"].unique())
    choice = menu("share_measured", "Measured", choices)
    columns = ["measured", "neuron", "null_fraction", "entropy_total", "entropy_ln_mediated"]
    shown = pd.DataFrame(neurons[columns]).round(4)
    shown = shown.assign(share=shown["entropy_ln_mediated"].clip(lower=LOWEST_SHARE))
    largest = float(shown["entropy_total"].to_numpy().max())
    points = (
        alt.Chart(shown)
        .transform_filter("datum.measured === share_measured")
        .mark_point(filled=True, size=38, opacity=0.85)
        .encode(
            x=alt.X("null_fraction:Q", title="null-space fraction", scale=alt.Scale(domain=[0, 1])),
            y=alt.Y(
                "share:Q",
                title=f"LN-mediated share (lower ones at {LOWEST_SHARE})",
                scale=alt.Scale(domain=[LOWEST_SHARE, 1]),
            ),
            color=alt.Color(
                "entropy_total:Q",
                title="mean |entropy change| (nats)",
                scale=alt.Scale(
                    type="log",
                    scheme="viridis",
                    domain=[largest / 300, largest],
                    clamp=True,
                    reverse=True,
                ),
                legend=alt.Legend(gradientLength=200, format=".3~f"),
            ),
            order=alt.Order("entropy_total:Q"),
            tooltip=[
                "neuron:N",
                alt.Tooltip("null_fraction:Q", format=".2f", title="null-space fraction"),
                alt.Tooltip("entropy_ln_mediated:Q", format=".2f", title="LN-mediated share"),
                alt.Tooltip("entropy_total:Q", format=".4f", title="|entropy change| (nats)"),
            ],
        )
    )
    zero = alt.Chart(pd.DataFrame({"share": [0]})).mark_rule(color=GREY, strokeDash=[4, 4])
    layers = [zero.encode(y="share:Q"), points]
    return finish(
        alt.LayerChart(layer=layers).add_params(choice),
        title="How much of each neuron's effect goes through the scale",
        description=(
            "Scatter plot of all neurons of the last layer, for the chosen model and text. Across: "
            "the share of the output weights' norm in the null space. Up: the share of the effect "
            "on entropy that the final scale mediates; very low ones stand at the lower edge. "
            "Colour: the size of the effect. Without a final scale all points lie at zero."
        ),
    )


def _wide(effects: pd.DataFrame) -> pd.DataFrame:
    """One row per neuron and measurement; columns `total`, `total_low`, `total_high`, ..."""
    keys = ["measured", "group", "neuron"]
    frames = []
    for effect in ("total", "direct", "mediated"):
        part = effects[effects["effect"] == effect].set_index(keys)[["estimate", "low", "high"]]
        frames.append(part.set_axis([effect, f"{effect}_low", f"{effect}_high"], axis=1))
    return pd.concat(frames, axis=1).round(5).reset_index()


def _bounds(name: str, form: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip(f"{name}:Q", format=form),
        alt.Tooltip(f"{name}_low:Q", format=form, title="from"),
        alt.Tooltip(f"{name}_high:Q", format=form, title="to"),
    ]


def _diagonal(domain: list[float]) -> alt.Chart:
    ends = pd.DataFrame({"total": domain, "direct": domain})
    return (
        alt.Chart(ends).mark_line(color=GREY, strokeDash=[5, 4]).encode(x="total:Q", y="direct:Q")
    )
