"""Charts of calibration: the reliability diagram, and its error against temperature."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.theme import GREY, finish


def reliability_diagram(table: pd.DataFrame) -> alt.LayerChart:
    """Accuracy against confidence, a point per bin; the diagonal is perfect calibration.

    `table` holds tables from `calibration.reliability`, one per text, with a
    column `text` that names them.
    """
    ends = pd.DataFrame({"confidence": [0, 1], "accuracy": [0, 1]})
    diagonal = (
        alt.Chart(ends)
        .mark_line(color=GREY, strokeDash=[5, 4])
        .encode(
            x=alt.X("confidence:Q", title="Confidence: probability of the first choice"),
            y=alt.Y("accuracy:Q", title="Accuracy: share of right choices"),
        )
    )
    base = alt.Chart(table).encode(
        x="confidence:Q",
        y="accuracy:Q",
        color=alt.Color("text:N", sort=None, title=None),
        tooltip=[
            alt.Tooltip("text:N", title="Text"),
            alt.Tooltip("confidence:Q", title="Mean confidence", format=".2f"),
            alt.Tooltip("accuracy:Q", title="Accuracy", format=".2f"),
            alt.Tooltip("tokens:Q", title="Tokens in the bin", format=","),
        ],
    )
    lines = base.mark_line(opacity=0.5).encode(
        strokeDash=alt.StrokeDash("text:N", sort=None, legend=None)
    )
    points = base.mark_point(filled=True, opacity=0.9).encode(
        size=alt.Size("tokens:Q", scale=alt.Scale(type="log", range=[20, 250]), legend=None)
    )
    return finish(
        alt.LayerChart(layer=[diagonal, lines, points]),
        title="Is the model as sure as it is right?",
        description=(
            "Reliability diagram. Across: the probability that the model gives to its first "
            "choice, averaged in bins. Up: how often that choice was right. One line per text; a "
            "larger point stands for more tokens. The dashed diagonal is perfect calibration; "
            "points above it mean too little confidence, points below it too much."
        ),
    )


def calibration_error_curve(frame: pd.DataFrame) -> alt.Chart:
    """Expected calibration error against temperature, a line per text.

    `frame` holds frames from `predictions.calibration_sweep`, one per text,
    with a column `text` that names them.
    """
    chart = (
        alt.Chart(frame)
        .mark_line(point=True)
        .encode(
            x=alt.X(
                "temperature:Q",
                title="Temperature",
                scale=alt.Scale(type="log", base=2, nice=False),
            ).axis(values=sorted(frame["temperature"].unique())),
            y=alt.Y("error:Q", title="Expected calibration error"),
            color=alt.Color("text:N", sort=None, title=None),
            strokeDash=alt.StrokeDash("text:N", sort=None, title=None),
            tooltip=[
                alt.Tooltip("text:N", title="Text"),
                alt.Tooltip("temperature:Q", title="Temperature"),
                alt.Tooltip("error:Q", title="Expected calibration error", format=".3f"),
            ],
        )
    )
    return finish(
        chart,
        title="Calibration error at other temperatures",
        description=(
            "One line per text. Across: temperature, on a logarithmic axis. Up: the expected "
            "calibration error, zero for perfect calibration. The error is small near the model's "
            "own temperature, one, and grows on either side of it."
        ),
    )
