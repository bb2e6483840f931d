"""Charts of sets of neurons that are ablated together: additivity and calibration."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.looks import group_colours, group_shapes
from confidence_neurons.charts.menus import buttons
from confidence_neurons.charts.theme import GREY, finish
from confidence_neurons_book.causal_effects.sets import UNTOUCHED

PANEL_WIDTH = 250
PANEL_HEIGHT = 240
ROW_HEIGHT = 30
LEFT_ALONE = f"datum.label === '{UNTOUCHED}' ? 'model left alone' : datum.label"
DASHES = alt.Legend(columns=1, symbolType="stroke", symbolSize=400)
MEASURES = {
    "calibration error": "expected calibration error",
    "overconfidence": "confidence minus accuracy",
}


def additivity_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """Change of entropy of growing sets, together and as a sum of single effects.

    `frame` holds frames of `mediation.additivity`, with a column `group`.
    """
    groups, ways = list(frame["group"].unique()), list(frame["how"].unique())
    sizes = sorted(map(int, frame["size"].unique()))
    base = alt.Chart(frame.round(4)).encode(
        x=alt.X("size:Q", title="neurons in the set", scale=alt.Scale(nice=False)).axis(
            values=sizes, grid=False
        ),
        color=alt.Color(
            "group:N",
            title=None,
            scale=group_colours(groups),
            legend=alt.Legend(columns=1, symbolType="circle"),
        ),
        tooltip=[
            "group:N",
            alt.Tooltip("size:Q", title="neurons"),
            alt.Tooltip("how:N", title="measured"),
            alt.Tooltip("estimate:Q", format=".3f", title="mean change (nats)"),
            alt.Tooltip("low:Q", format=".3f"),
            alt.Tooltip("high:Q", format=".3f"),
            alt.Tooltip("ratio:Q", format=".2f", title="sum / together"),
        ],
    )
    lines = base.mark_line().encode(
        y=alt.Y("estimate:Q", title="mean change of entropy (nats)"),
        strokeDash=alt.StrokeDash("how:N", sort=ways, title=None, legend=DASHES),
    )
    points = base.mark_point(filled=True, size=35, opacity=1).encode(y="estimate:Q")
    intervals = base.mark_rule(strokeWidth=1.5).encode(y="low:Q", y2="high:Q")
    return finish(
        alt.LayerChart(layer=[intervals, lines, points], width=PANEL_WIDTH, height=PANEL_HEIGHT),
        title="Do effects add up?",
        description=(
            "Line chart. Across: the number of neurons ablated together, the strongest first. Up: "
            "the mean change of entropy in nats, with 95 % intervals over sequences. Full lines: "
            "measured with the set ablated at once; dashed lines: the sum of its neurons' single "
            "effects. One colour for each group of neurons."
        ),
        height=None,
    )


def reliability_by_set(table: pd.DataFrame, fewest: int = 30) -> alt.LayerChart:
    """Accuracy against confidence with each set ablated; a choice of text.

    `table` holds tables of `mediation.pooled_reliability`, with a column
    `text`. Bins with fewer than `fewest` tokens are left out.
    """
    texts, sets = list(table["text"].unique()), list(table["set"].unique())
    text = buttons("reliability_text", "Text", texts)
    shown = table.loc[table["tokens"] >= fewest].round(4)
    ends = pd.DataFrame(
        [
            {"text": name, "confidence": end, "accuracy": end}
            for name, part in shown.groupby("text", sort=False)
            for end in (0.0, float(part[["confidence", "accuracy"]].max(axis=None)))
        ]
    )
    across = alt.X("confidence:Q", title="confidence: probability of the first choice").axis(
        tickCount=4, format="~g", labelFlush=False
    )
    up = alt.Y("accuracy:Q", title="accuracy: share of right choices")
    chosen = "datum.text === reliability_text"
    diagonal = (
        alt.Chart(ends)
        .transform_filter(chosen)
        .mark_line(color=GREY, strokeDash=[5, 4])
        .encode(x=across, y=up)
    )
    base = (
        alt.Chart(shown)
        .transform_filter(chosen)
        .encode(
            x=across,
            y=up,
            color=alt.Color(
                "set:N",
                title=None,
                scale=group_colours(sets),
                legend=alt.Legend(labelExpr=LEFT_ALONE),
            ),
            tooltip=[
                alt.Tooltip("set:N", title="held at rest"),
                alt.Tooltip("confidence:Q", format=".3f", title="mean confidence"),
                alt.Tooltip("accuracy:Q", format=".3f"),
                alt.Tooltip("tokens:Q", format=",", title="tokens in the bin"),
            ],
        )
    )
    points = base.mark_point(filled=True, size=55, opacity=0.9).encode(
        shape=alt.Shape(
            "set:N",
            title=None,
            scale=group_shapes(sets),
            legend=alt.Legend(labelExpr=LEFT_ALONE),
        )
    )
    chart = alt.LayerChart(
        layer=[diagonal, base.mark_line(opacity=0.6), points],
        width=PANEL_WIDTH,
        height=PANEL_HEIGHT,
    )
    return finish(
        chart.add_params(text),
        title="As sure as it is right, with and without the neurons?",
        description=(
            "Reliability diagram for the chosen text. Across: the probability that the model gives "
            "to its first choice, averaged in bins. Up: how often that choice was right. One line "
            "for each set of neurons that is held at its level, and one for the model left alone. "
            "On the dashed diagonal the model is as sure as it is right; points above it mean too "
            "little confidence, points below it too much. Bins with few tokens are left out."
        ),
        height=None,
    )


def calibration_bars(frame: pd.DataFrame) -> alt.VConcatChart:
    """Calibration error and overconfidence with each set ablated; a choice of text.

    `frame` holds frames of `mediation.calibration_intervals`, with a column `text`.
    """
    texts, sets = list(frame["text"].unique()), list(frame["set"].unique())
    text = buttons("calibration_text", "Text", texts)
    base = alt.Chart(frame.round(4)).transform_filter("datum.text === calibration_text")
    panels = []
    for measure, title in MEASURES.items():
        of_measure = base.transform_filter(f"datum.measure === '{measure}'").encode(
            y=alt.Y(
                "set:N", sort=sets, title=None, axis=alt.Axis(labelLimit=110, labelExpr=LEFT_ALONE)
            ),
            tooltip=[
                alt.Tooltip("set:N", title="held at rest"),
                alt.Tooltip("estimate:Q", format=".3f", title=title),
                alt.Tooltip("low:Q", format=".3f"),
                alt.Tooltip("high:Q", format=".3f"),
                alt.Tooltip("change:Q", format=".3f", title="change"),
                alt.Tooltip("change_low:Q", format=".3f", title="from"),
                alt.Tooltip("change_high:Q", format=".3f", title="to"),
            ],
        )
        bounds = frame.loc[frame["measure"] == measure, ["low", "high"]]
        domain = [min(0.0, float(bounds["low"].min())), max(0.0, float(bounds["high"].max()))]
        bars = of_measure.mark_bar(opacity=0.75).encode(
            x=alt.X("estimate:Q", title=title, scale=alt.Scale(domain=domain)),
            color=alt.Color("set:N", scale=group_colours(sets), legend=None),
        )
        intervals = of_measure.mark_rule(strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
        panels.append(
            alt.LayerChart(
                layer=[bars, intervals], width=PANEL_WIDTH - 70, height=ROW_HEIGHT * len(sets)
            )
        )
    return finish(
        alt.vconcat(*panels).add_params(text),
        title="Calibration with and without the neurons",
        description=(
            "Two panels of horizontal bars for the chosen text, a bar for each set of neurons that "
            "is held at its level, and one for the model left alone. Above: the expected "
            "calibration error. Below: mean confidence minus accuracy, negative where the model is "
            "too unsure. Lines are 95 % intervals over sequences."
        ),
        height=None,
    )
