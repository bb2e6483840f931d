"""How the direct and the indirect path of an ablation combine: per token, and on average."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.menus import menu
from confidence_neurons.charts.theme import AMBER, BLUE, GREY, ORANGE, finish

PANEL_WIDTH, PANEL_HEIGHT = 270, 270
PARTS = ["direct", "indirect", "interaction", "total"]


def token_plane(tokens: pd.DataFrame) -> alt.LayerChart:
    """Direct against indirect change of entropy, a point per token; a menu chooses the neuron.

    `tokens` has rows of `ablation.token_effects` and a column `label` that
    names the neurons.
    """
    labels = list(tokens["label"].unique())
    label = menu("plane_neuron", "Neuron", labels)
    chosen = "datum.label === plane_neuron"
    changes = ["entropy_direct", "entropy_indirect", "entropy_total"]
    shown = pd.DataFrame(tokens[["label", *changes]]).round(4)
    across = alt.X("entropy_direct:Q", title="direct change of entropy (nats)")
    up = alt.Y("entropy_indirect:Q", title="indirect change of entropy (nats)")
    points = (
        alt.Chart(shown)
        .transform_filter(chosen)
        .mark_point(filled=True, size=25, opacity=0.5)
        .encode(
            x=across,
            y=up,
            tooltip=[
                alt.Tooltip("entropy_direct:Q", format=".3f", title="direct"),
                alt.Tooltip("entropy_indirect:Q", format=".3f", title="indirect"),
                alt.Tooltip("entropy_total:Q", format=".3f", title="total"),
            ],
        )
    )
    line = (
        alt.Chart(_cancelling(shown))
        .transform_filter(chosen)
        .mark_line(color=GREY, strokeDash=[5, 4])
        .encode(x=across, y=up)
    )
    chart = alt.LayerChart(layer=[line, points], width=PANEL_WIDTH, height=PANEL_HEIGHT)
    return finish(
        chart.add_params(label),
        title="Do the two paths help each other, or fight?",
        description=(
            "Scatter plot, a point per token, for the chosen neuron. Across: the direct change of "
            "entropy when the neuron is ablated; up: the indirect one, through the scale alone; "
            "both in nats. On the dashed falling diagonal the two cancel. The points of an entropy "
            "neuron stand upright; those of an opposed neuron fall to the right, more flatly."
        ),
        height=None,
    )


def decomposition_bars(parts: pd.DataFrame) -> alt.LayerChart:
    """Signed mean effects of some neurons: direct, indirect, what is left over, and total.

    `parts` comes from `mediation.decomposition`, with a column `label`.
    """
    labels = list(parts["label"].unique())
    base = alt.Chart(parts.round(5)).encode(
        y=alt.Y("label:N", sort=labels, title=None),
        yOffset=alt.YOffset("effect:N", sort=PARTS),
        tooltip=[
            "label:N",
            "effect:N",
            alt.Tooltip("estimate:Q", format=".4f", title="mean change (nats)"),
            alt.Tooltip("low:Q", format=".4f"),
            alt.Tooltip("high:Q", format=".4f"),
        ],
    )
    colours = alt.Scale(domain=PARTS, range=[ORANGE, BLUE, AMBER, GREY])
    bars = base.mark_bar().encode(
        x=alt.X("estimate:Q", title="mean change of entropy (nats)"),
        color=alt.Color("effect:N", title=None, sort=PARTS, scale=colours),
    )
    intervals = base.mark_rule(strokeWidth=1.5).encode(x=alt.X("low:Q"), x2="high:Q")
    chart = alt.LayerChart(layer=[bars, intervals], width=PANEL_WIDTH - 40, height=64 * len(labels))
    return finish(
        chart,
        title="Total is direct plus indirect plus a rest",
        description=(
            "Horizontal bars in groups, one group per neuron: the signed mean change of entropy in "
            "nats that is direct, that is indirect, the interaction that the two leave over, and "
            "the total. Lines are 95 % intervals over sequences."
        ),
        height=None,
    )


def _cancelling(tokens: pd.DataFrame) -> pd.DataFrame:
    """For each label the line on which both changes cancel, as long as its tokens need."""
    rows = []
    for label, part in tokens.groupby("label", sort=False):
        reach = float(part[["entropy_direct", "entropy_indirect"]].abs().max(axis=None))
        rows += [
            {"label": label, "entropy_direct": end, "entropy_indirect": -end}
            for end in (-reach, reach)
        ]
    return pd.DataFrame(rows)
