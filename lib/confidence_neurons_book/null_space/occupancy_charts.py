"""How much of the residual stream, and of each neuron's output, lies in the null space."""

import math

import altair as alt
import pandas as pd

from confidence_neurons.charts.theme import finish

PANEL_WIDTH = 260
PANEL_HEIGHT = 170
PANELS = {
    "null_fraction": "norm share in null space",
    "scale_ratio": "scale / scale on clean text",
    "entropy": "entropy (nats)",
}


def stream_chart(occupancy: pd.DataFrame) -> alt.VConcatChart:
    """Null share of the stream, final scale and entropy as text turns into noise.

    `occupancy` holds frames of `occupancy.stream_occupancy`, each with a
    column `model`.
    """
    models = list(occupancy["model"].unique())
    base = alt.Chart(occupancy).mark_line(point=alt.OverlayMarkDef(size=50))
    panels = [
        base.encode(
            x=alt.X("rate:Q", title="share of tokens replaced by noise", axis=alt.Axis(format="%")),
            y=alt.Y(f"{column}:Q", title=title),
            color=alt.Color("model:N", sort=models, title="model"),
            strokeDash=alt.StrokeDash("model:N", sort=models, legend=None),
            tooltip=[
                "model:N",
                alt.Tooltip("rate:Q", format=".0%", title="replaced"),
                alt.Tooltip(f"{column}:Q", format=".3f", title=title),
            ],
        ).properties(width=PANEL_WIDTH, height=PANEL_HEIGHT)
        for column, title in PANELS.items()
    ]
    return finish(
        alt.vconcat(*panels),
        title="The noisier the text, the more the stream fills the null space",
        description=(
            "Three line charts, one line per model. Across: the share of the tokens that was "
            "replaced by noise. Up: the share of the residual stream's norm in the null space, "
            "the final scale over its value on clean text, and the entropy of the prediction. In "
            "the model with a final scale all three rise; in the control only the entropy does."
        ),
        height=None,
    )


def neuron_chart(neurons: pd.DataFrame, k: int, d_model: int) -> alt.LayerChart:
    """Null-space fraction of each neuron against its weight norm.

    `neurons` comes from `occupancy.neuron_occupancy`. The rule is the
    fraction of a random direction, sqrt(k / d_model).
    """
    points = (
        alt.Chart(neurons.round(4))
        .mark_point(filled=True, size=40, opacity=0.6)
        .encode(
            x=alt.X("weight_norm:Q", title="weight norm", scale=alt.Scale(zero=False)),
            y=alt.Y("null_fraction:Q", title="null-space fraction", scale=alt.Scale(domain=[0, 1])),
            tooltip=[
                "neuron:Q",
                alt.Tooltip("weight_norm:Q", format=".2f", title="weight norm"),
                alt.Tooltip("null_fraction:Q", format=".3f", title="null-space fraction"),
            ],
        )
    )
    expected = pd.DataFrame({"value": [math.sqrt(k / d_model)], "rule": ["a random direction"]})
    rule = alt.Chart(expected).encode(
        y="value:Q", tooltip=["rule:N", alt.Tooltip("value:Q", format=".3f")]
    )
    label = rule.mark_text(align="right", dx=-4, dy=-7).encode(x=alt.value("width"), text="rule:N")
    return finish(
        alt.LayerChart(layer=[points, rule.mark_rule(strokeDash=[4, 4], size=1.5), label]),
        title="A few neurons write almost only where the unembedding cannot see",
        description=(
            "Scatter plot of the last layer's neurons. Across: the norm of the output weights. Up: "
            "the share of that norm that lies in the null space. A dashed rule marks what a random "
            "direction would have. Most neurons lie near it; a few stand high above, with "
            "larger norms than most."
        ),
    )
