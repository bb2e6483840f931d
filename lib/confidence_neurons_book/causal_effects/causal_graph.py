"""The causal graph of an ablation: which paths carry it, and which are held as in the clean run."""

import math

import altair as alt
import pandas as pd

from confidence_neurons.charts.menus import buttons
from confidence_neurons.charts.theme import GREY, ORANGE, finish

WIDTH, HEIGHT = 290, 330
TOTAL = "total: both paths"
DIRECT = "direct: scale frozen"
INDIRECT = "indirect: scale alone"
EFFECTS = [TOTAL, DIRECT, INDIRECT]

# Name, what it says, centre and half width in pixels (y counts upwards).
NODES = [
    ("neuron", "neuron: activation held at its mean", 110, 310, 108),
    ("stream", "residual stream x", 80, 235, 68),
    ("scale", "final scale s", 235, 165, 52),
    ("logits", "logits = x W / s + b", 90, 90, 80),
    ("output", "entropy, loss", 80, 15, 56),
]
HALF_HEIGHT, HEAD = 14, 6
# From, to, where it leaves and arrives (x in pixels), the effects it carries, what it means.
EDGES = [
    ("neuron", "stream", 80, 80, EFFECTS, "the neuron writes (mean - activation) w_out"),
    ("stream", "logits", 80, 80, [TOTAL, DIRECT], "direct path: the unembedding reads the stream"),
    ("stream", "scale", 110, 235, [TOTAL, INDIRECT], "the length of the stream sets the scale"),
    ("scale", "logits", 235, 130, [TOTAL, INDIRECT], "mediated path: the scale divides all logits"),
    ("logits", "output", 80, 80, EFFECTS, "softmax"),
]


def causal_graph() -> alt.LayerChart:
    """Boxes and arrows; a choice of effect shows which arrows carry the ablation."""
    effect = buttons("causal_effect", "Effect", EFFECTS)
    carries = "indexof(datum.effects, causal_effect) >= 0"
    colour = alt.condition(carries, alt.value(ORANGE), alt.value(GREY))
    axis = {"axis": None, "scale": alt.Scale(domain=[0, WIDTH])}
    upright = {"axis": None, "scale": alt.Scale(domain=[0, HEIGHT])}
    edges = alt.Chart(_edges()).encode(
        x=alt.X("x:Q", **axis),
        y=alt.Y("y:Q", **upright),
        color=colour,
        tooltip=[alt.Tooltip("meaning:N", title="arrow")],
    )
    lines = edges.mark_rule(strokeWidth=3).encode(
        x2="x2:Q",
        y2="y2:Q",
        strokeDash=alt.condition(carries, alt.value([1, 0]), alt.value([3, 5])),
    )
    heads = edges.mark_point(shape="triangle", filled=True, size=140, opacity=1).encode(
        x=alt.X("x2:Q", **axis),
        y=alt.Y("y2:Q", **upright),
        angle=alt.Angle("angle:Q", scale=None),
    )
    boxes = alt.Chart(_nodes()).encode(
        x=alt.X("left:Q", **axis), y=alt.Y("low:Q", **upright), tooltip=["label:N"]
    )
    frames = boxes.mark_rect(fillOpacity=0, strokeWidth=1.5, cornerRadius=5).encode(
        x2="right:Q", y2="high:Q", stroke=colour
    )
    labels = boxes.mark_text(fontSize=12).encode(
        x=alt.X("x:Q", **axis), y=alt.Y("y:Q", **upright), text="label:N"
    )
    graph = alt.LayerChart(layer=[lines, heads, frames, labels], width=WIDTH, height=HEIGHT)
    return finish(
        graph.add_params(effect),
        title="Two ways from a neuron to the output",
        description=(
            "Causal graph. The neuron writes into the residual stream. From there one arrow leads "
            "straight to the logits, another to the final scale, and from the scale to the logits; "
            "the logits make entropy and loss. Orange arrows carry the ablation, dashed grey ones "
            "are held as in the clean run. Total effect: all arrows. Direct effect: those through "
            "the scale are held. Indirect effect: only those through the scale carry it."
        ),
    )


def _nodes() -> pd.DataFrame:
    rows = [
        {
            "label": label,
            "x": x,
            "y": y,
            "left": x - half,
            "right": x + half,
            "low": y - HALF_HEIGHT,
            "high": y + HALF_HEIGHT,
            "effects": _effects_of(name),
        }
        for name, label, x, y, half in NODES
    ]
    return pd.DataFrame(rows)


def _edges() -> pd.DataFrame:
    """Arrows from the lower edge of one box to the upper edge of another."""
    heights = {name: y for name, _, _, y, _ in NODES}
    rows = []
    for start, end, x, x2, effects, meaning in EDGES:
        y, y2 = heights[start] - HALF_HEIGHT, heights[end] + HALF_HEIGHT + HEAD
        angle = math.degrees(math.atan2(x2 - x, y2 - y))
        ends = {"x": x, "y": y, "x2": x2, "y2": y2, "angle": angle}
        rows.append({**ends, "effects": effects, "meaning": meaning})
    return pd.DataFrame(rows)


def _effects_of(name: str) -> list[str]:
    """Effects in which a box differs from the clean run."""
    return [TOTAL, INDIRECT] if name == "scale" else EFFECTS
