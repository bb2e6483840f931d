"""Effects of groups of neurons beside their controls, with intervals."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.looks import group_colours, group_shapes
from confidence_neurons.charts.theme import finish

PANEL_WIDTH = 260
PANEL_HEIGHT = 110
MEASURES = {
    "entropy_total": "mean |change of entropy| (nats)",
    "kl_from_clean": "mean KL from the clean prediction (nats)",
    "argmax_changed": "first choice changed (share of tokens)",
}


def group_chart(groups: pd.DataFrame) -> alt.VConcatChart:
    """A point with its interval for each group and text, one panel per measure.

    `groups` holds frames of `group_effects.group_effects`, one per text, with
    a column `text`.
    """
    panels = [
        interval_layers(
            alt.Chart(groups[groups["measure"] == measure].round(6)), "text", title, groups
        )
        for measure, title in MEASURES.items()
        if measure in set(groups["measure"])
    ]
    return finish(
        alt.vconcat(*panels),
        title="Entropy neurons beside their controls",
        description=(
            "Three panels with a point and a 95 % bootstrap interval for each group of neurons "
            "on each text: mean absolute change of entropy, mean KL divergence from the clean "
            "prediction, share of tokens whose first choice changed. On noisy text the entropy "
            "neurons change the entropy more than the controls of equal norm and the random ones; "
            "on clean text, where most of them rest, they do not stand out."
        ),
        height=None,
    )


def rank_chart(ranks: pd.DataFrame) -> alt.LayerChart:
    """Change of loss by the rank of the right token, for each group.

    `ranks` comes from `group_effects.loss_by_rank`.
    """
    title = "change of loss when ablated (nats)"
    chart = interval_layers(alt.Chart(ranks.round(6)), "rank", title, ranks)
    return finish(
        chart,
        height=230,
        title="Who gains and who loses without the neuron",
        description=(
            "A point with a 95 % bootstrap interval for each group of neurons, in four rows: "
            "tokens where the right token was the first choice, where it had ranks 2 to 10, ranks "
            "11 to 100, and where it came later. Across: the mean change of loss when a neuron is "
            "held at its mean on clean text. For entropy neurons it is negative in the first rows "
            "and positive in the last; for the controls it is near zero."
        ),
    )


def interval_layers(base: alt.Chart, rows: str, title: str, frame: pd.DataFrame) -> alt.LayerChart:
    """Points with intervals, one row per value of `rows`, groups side by side within it."""
    names = list(dict.fromkeys(frame["group"]))
    encoded = base.encode(
        y=alt.Y(f"{rows}:N", sort=list(dict.fromkeys(frame[rows])), title=None),
        yOffset=alt.YOffset("group:N", sort=names),
        color=alt.Color(
            "group:N",
            sort=names,
            title=None,
            scale=group_colours(names),
        ),
        tooltip=[
            alt.Tooltip("group:N"),
            alt.Tooltip(f"{rows}:N"),
            alt.Tooltip("estimate:Q", format=".3~g"),
            alt.Tooltip("low:Q", format=".3~g"),
            alt.Tooltip("high:Q", format=".3~g"),
        ],
    )
    x = alt.X("low:Q", title=title).axis(tickCount=4, format="~g")
    intervals = encoded.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q")
    points = encoded.mark_point(filled=True, size=70, opacity=1).encode(
        x="estimate:Q", shape=alt.Shape("group:N", scale=group_shapes(names), title=None)
    )
    layers = [intervals, points]
    return alt.LayerChart(layer=layers, width=PANEL_WIDTH, height=PANEL_HEIGHT)
