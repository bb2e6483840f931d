"""Charts of induction: which heads do it, how neurons run along a repeat and in real text."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts.looks import group_encodings
from confidence_neurons.charts.menus import buttons, menu
from confidence_neurons.charts.theme import BLUE, GREY, ORANGE, finish
from confidence_neurons.groups.finding import OTHERS

PANEL_WIDTH = 234
PANEL_HEIGHT = 120
SCORES = {"induction": "induction", "previous_token": "previous token", "bos": "BOS"}
OUTPUT_PANELS = {
    "entropy": "entropy (nats)",
    "loss": "loss (nats)",
    "scale": "final scale",
}


def heads_chart(scores: pd.DataFrame) -> alt.Chart:
    """Where the second copy's queries look, one row per head.

    `scores` comes from `induction.head_scores`.
    """
    long = (
        scores.round(3)
        .assign(name=scores["layer"].astype(str) + "." + scores["head"].astype(str))
        .melt(["name", "layer", "head"], list(SCORES), "score", "attention")
    )
    long["score"] = [SCORES[score] for score in long["score"]]
    kinds = list(SCORES.values())
    chart = (
        alt.Chart(long)
        .mark_point(filled=True, size=70, opacity=0.85)
        .encode(
            x=alt.X(
                "attention:Q", scale=alt.Scale(domain=[0, 1]), title="share of the head's attention"
            ),
            y=alt.Y("name:N", sort=None, title="head (layer.head)", axis=alt.Axis(grid=True)),
            color=alt.Color(
                "score:N",
                title="attends to",
                scale=alt.Scale(domain=kinds, range=[BLUE, ORANGE, GREY]),
            ),
            shape=alt.Shape(
                "score:N",
                title="attends to",
                scale=alt.Scale(domain=kinds, range=["circle", "diamond", "triangle-down"]),
            ),
            tooltip=[
                alt.Tooltip("name:N", title="head"),
                alt.Tooltip("score:N", title="attends to"),
                alt.Tooltip("attention:Q", title="share", format=".2f"),
            ],
        )
    )
    return finish(
        chart,
        title="What each head looks at in the second copy",
        description=(
            "Dot plot with one row per attention head. Across: the share of the head's attention "
            "that goes to the token after the same token in the first copy (induction), to the "
            "token just before, and to BOS. A few heads of the middle layer have a high induction "
            "score, one of the first layer looks at the token before."
        ),
        height=18 * len(scores),
    )


def course_chart(
    courses: pd.DataFrame, outputs: pd.DataFrame, groups: pd.Series, period: int, first: int
) -> alt.VConcatChart:
    """Choose a neuron: its activation along the two copies, above entropy, loss and scale.

    Parameters
    ----------
    courses:
        Frames of `induction.every.every_course`, each with a column `text`.
    outputs:
        Frames of `induction.along_repeats`, each with a column `text`.
    groups:
        Name of the group of each neuron, indexed by neuron.
    first:
        Neuron that is shown at first.

    Raises
    ------
    ValueError
        If there is no such neuron.
    """
    if first not in set(courses["neuron"]):
        raise ValueError(f"expected a neuron of the courses, got {first}")
    columns: list[Any] = ["position", "mean", "low", "high"]
    packed = (
        courses.round(2).groupby(["text", "neuron"], sort=False)[columns].agg(list).reset_index()
    )
    packed["group"] = groups.loc[packed["neuron"]].to_numpy()
    neurons = _grouped(groups)
    labels = [f"{neuron} ({groups[neuron]})" for neuron in neurons]
    choice = menu("course_neuron", "Neuron", neurons, labels=labels, first=first)
    chosen = (
        alt.Chart(packed)
        .transform_filter("datum.neuron === course_neuron")
        .transform_flatten(columns)
    )
    shown = outputs.loc[outputs["quantity"].isin(list(OUTPUT_PANELS))].round(3)
    output = alt.Chart(
        shown.groupby(["text", "quantity"], sort=False)[columns].agg(list).reset_index()
    )
    texts = list(outputs["text"].unique())
    panels = [
        _band(chosen, "activation", texts, period),
        *(
            _band(
                output.transform_filter(f"datum.quantity === '{name}'").transform_flatten(columns),
                title,
                texts,
                period,
            )
            for name, title in OUTPUT_PANELS.items()
        ),
    ]
    return finish(
        alt.vconcat(*panels).add_params(choice),
        title="A neuron along a repeated sequence",
        description=(
            "Four line charts over the position in BOS and two copies, one line with a confidence "
            "band for each kind of text; a rule marks the end of the first copy. From the top: "
            "activation of the last-layer neuron that a menu chooses, entropy, loss, and the "
            "scale of the final LayerNorm. On random tokens all of them are high in the first copy "
            "and fall steeply where the second begins."
        ),
        height=None,
    )


def _grouped(groups: pd.Series) -> list[int]:
    """Neurons with those of small groups first."""
    sizes = groups.value_counts()
    return sorted(groups.index, key=lambda neuron: (sizes[groups[neuron]], groups[neuron], neuron))


def _band(chart: alt.Chart, title: str, texts: Sequence[str], period: int) -> alt.LayerChart:
    colour = alt.Color("text:N", sort=list(texts), title="tokens")
    x = alt.X("position:Q", title="position", scale=alt.Scale(domain=[0, 2 * period]))
    area = chart.mark_area(opacity=0.25).encode(x=x, y="low:Q", y2="high:Q", color=colour)
    line = chart.mark_line(strokeWidth=1.8).encode(
        x=x,
        y=alt.Y("mean:Q", title=title),
        color=colour,
        strokeDash=alt.StrokeDash("text:N", sort=list(texts), legend=None),
        tooltip=[
            alt.Tooltip("text:N", title="tokens"),
            alt.Tooltip("position:Q"),
            alt.Tooltip("mean:Q", title=title, format=".2f"),
            alt.Tooltip("low:Q", title="95 % from", format=".2f"),
            alt.Tooltip("high:Q", title="to", format=".2f"),
        ],
    )
    rule = (
        alt.Chart(pd.DataFrame({"position": [period + 0.5], "rule": ["the second copy begins"]}))
        .mark_rule(color=GREY, strokeDash=[4, 4])
        .encode(x="position:Q", tooltip=["rule:N"])
    )
    return alt.LayerChart(layer=[rule, area, line], width=PANEL_WIDTH, height=PANEL_HEIGHT)


def changes_chart(changes: pd.DataFrame, groups: pd.Series) -> alt.LayerChart:
    """Change of every neuron's activation on random repeats against that on real text.

    Parameters
    ----------
    changes:
        Columns of `induction.activation_change` and `induction`: "synthetic"
        and other kinds, among which a menu chooses.
    groups:
        Name of the group of each neuron, indexed by neuron.
    """
    kinds = [kind for kind in changes["induction"].unique() if kind != "synthetic"]
    rounded = changes[["neuron", "induction", "change", "low", "high"]].round(3)
    synthetic = rounded.loc[rounded["induction"] == "synthetic", ["neuron", "change"]]
    table = synthetic.rename(columns={"change": "synthetic"}).merge(
        rounded[rounded["induction"] != "synthetic"], on="neuron"
    )
    table["group"] = groups.loc[table["neuron"]].to_numpy()
    choice = buttons("changes_kind", "Compared with", kinds)
    colour, shape = group_encodings(groups)
    base = (
        alt.Chart(table)
        .transform_filter("datum.induction === changes_kind")
        .encode(
            x=alt.X(
                "synthetic:Q",
                title=["change of activation,", "second minus first copy of random tokens"],
            )
        )
    )
    marked = base.transform_filter(f"datum.group !== '{OTHERS}'")
    intervals = marked.mark_rule(opacity=0.5).encode(y="low:Q", y2="high:Q", color=colour)
    points = base.mark_point(filled=True, size=36, opacity=0.7).encode(
        y=alt.Y(
            "change:Q",
            title=["change of activation on the other text,", "repeat minus no repeat"],
        ),
        color=colour,
        shape=shape,
        tooltip=[
            "neuron:Q",
            alt.Tooltip("group:N"),
            alt.Tooltip("synthetic:Q", title="random repeats", format=".2f"),
            alt.Tooltip("change:Q", title="other text", format=".2f"),
            alt.Tooltip("low:Q", title="95 % from", format=".2f"),
            alt.Tooltip("high:Q", title="to", format=".2f"),
        ],
    )
    return finish(
        alt.LayerChart(layer=[intervals, points]).add_params(choice),
        title="Who responds to which kind of repeat?",
        description=(
            "Scatter plot of the last layer's neurons. Across: change of the mean activation from "
            "the first copy of random tokens to the second. Up: change from places of real text "
            "without a repeat to places with one, or from the first copy of a passage to the "
            "second, as a menu chooses. Colour and shape mark entropy neurons and token frequency "
            "neurons. Those that fall most on random repeats hardly move on real text."
        ),
    )
