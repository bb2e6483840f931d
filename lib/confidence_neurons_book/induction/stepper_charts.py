"""Step through a repeated sequence: what a head looks at, what is predicted, how sure."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts.menus import buttons, menu
from confidence_neurons.charts.theme import BLUE, GREEN, GREY, ORANGE, PINK, finish
from confidence_neurons_book.induction.stepper import Walk

PANEL_WIDTH = 230
ROW_HEIGHT = 17
COLUMNS = ["first copy", "second copy"]


def stepper_chart(
    walks: Mapping[str, Walk], period: int, start: int | None = None
) -> alt.VConcatChart:
    """Move a slider along a sequence; every panel shows that position.

    Parameters
    ----------
    walks:
        Name -> `induction.stepper.walk` of BOS and two copies of `period`
        tokens, with the same heads and neurons.
    start:
        Position that the slider begins at; by default the first of the second
        copy.

    Raises
    ------
    ValueError
        If there is no walk, a sequence has another length, or `start` is no
        step.
    """
    _check(walks, period, start)
    names = list(walks)
    frames = {
        field: pd.concat(
            [getattr(one, field).assign(sequence=name) for name, one in walks.items()],
            ignore_index=True,
        ).round(2)
        for field in ("tokens", "steps", "attention", "predictions", "activations")
    }
    heads = list(frames["attention"]["head"].unique())
    params = [
        buttons("walk_sequence", "Sequence", names),
        menu("walk_head", "Head (layer.head)", heads),
        alt.param(
            name="walk_now",
            value=period + 1 if start is None else start,
            bind=alt.binding_range(min=1, max=2 * period - 1, step=1, name="Position: "),
        ),
    ]
    panels = (
        _sequence(frames["tokens"], frames["attention"], period),
        _predictions(frames["predictions"]),
        _nats(frames["steps"], period),
        _neurons(frames["activations"]),
    )
    return finish(
        alt.vconcat(*panels).add_params(*params).resolve_legend(color="independent"),
        title="Walk along a repeated sequence",
        description=(
            "Four panels driven by a slider over positions, a choice of sequence and a choice of "
            "attention head. Top: the tokens, one row per position of the copy, first copy on the "
            "left and second on the right; a frame marks the token being read, shading the tokens "
            "that the head attends to. Then bars with the likeliest next tokens, the right one in "
            "green; entropy and loss along the sequence with a mark at the position; and bars "
            "with the activations of last-layer neurons at it. In the second copy the induction "
            "heads attend to the token after the same one in the first copy."
        ),
        height=None,
    )


def _check(walks: Mapping[str, Walk], period: int, start: int | None) -> None:
    if not walks:
        raise ValueError("expected at least one walk, as name -> walk, got none")
    lengths = {name: len(one.tokens) for name, one in walks.items()}
    if set(lengths.values()) != {2 * period + 1}:
        raise ValueError(
            f"expected sequences of BOS and two copies of {period} tokens "
            f"({2 * period + 1} positions), got {lengths}"
        )
    if start is not None and not 1 <= start <= 2 * period - 1:
        raise ValueError(f"expected a start from 1 to {2 * period - 1}, got {start}")


def _placed(chart: alt.Chart, position: str, period: int) -> alt.Chart:
    """Row and column of the token that `position` names; BOS stands on row 0."""
    at = f"datum.{position}"
    return chart.transform_calculate(
        row=f"{at} === 0 ? 0 : ({at} - 1) % {period} + 1",
        column=f"{at} > {period} ? '{COLUMNS[1]}' : '{COLUMNS[0]}'",
    )


def _sequence(tokens: pd.DataFrame, attention: pd.DataFrame, period: int) -> alt.LayerChart:
    x = alt.X("column:N", sort=COLUMNS, title=None, axis=alt.Axis(labelAngle=0, orient="top"))
    y = alt.Y("row:O", title="place in the copy")
    packed = (
        attention.groupby(["sequence", "head", "position"], sort=False)["weight"]
        .agg(list)
        .reset_index()
    )
    weights = alt.Chart(packed).transform_filter(
        "datum.sequence === walk_sequence && datum.head === walk_head && "
        "datum.position === walk_now"
    )
    weights = weights.transform_flatten(["weight"]).transform_window(number="row_number()")
    shading = (
        _placed(weights.transform_calculate(source="datum.number - 1"), "source", period)
        .mark_rect(color=BLUE)
        .encode(
            x=x,
            y=y,
            opacity=alt.Opacity(
                "weight:Q", scale=alt.Scale(domain=[0, 1], range=[0, 0.6]), legend=None
            ),
            tooltip=[
                alt.Tooltip("source:Q", title="position"),
                alt.Tooltip("weight:Q", title="attention", format=".2f"),
            ],
        )
    )
    here = _placed(
        alt.Chart(tokens).transform_filter("datum.sequence === walk_sequence"), "position", period
    ).encode(x=x, y=y)
    labels = here.mark_text(fontSize=12).encode(
        text="token:N",
        tooltip=[alt.Tooltip("position:Q"), alt.Tooltip("token:N")],
    )
    frame = here.transform_filter("datum.position === walk_now").mark_rect(
        filled=False, stroke=ORANGE, strokeWidth=2.5
    )
    return alt.LayerChart(
        layer=[shading, frame, labels], width=PANEL_WIDTH, height=ROW_HEIGHT * (period + 1)
    )


def _predictions(predictions: pd.DataFrame) -> alt.Chart:
    columns: list[Any] = ["token", "probability", "right", "rank"]
    packed = (
        predictions.groupby(["sequence", "position"], sort=False)[columns].agg(list).reset_index()
    )
    return (
        alt.Chart(packed)
        .transform_filter("datum.sequence === walk_sequence && datum.position === walk_now")
        .transform_flatten(columns)
        .mark_bar()
        .encode(
            x=alt.X("probability:Q", scale=alt.Scale(domain=[0, 1]), title="probability"),
            y=alt.Y(
                "token:N",
                sort=alt.EncodingSortField("rank"),
                title="next token",
                axis=alt.Axis(labelLimit=80, minExtent=60),
            ),
            color=alt.condition("datum.right", alt.value(GREEN), alt.value(GREY)),
            tooltip=[
                alt.Tooltip("token:N", title="next token"),
                alt.Tooltip("probability:Q", format=".2f"),
                alt.Tooltip("right:N", title="is what comes next"),
            ],
        )
        .properties(width=PANEL_WIDTH - 20, height=95)
    )


def _nats(steps: pd.DataFrame, period: int) -> alt.LayerChart:
    measures: list[Any] = ["entropy", "loss"]
    base = alt.Chart(steps).transform_filter("datum.sequence === walk_sequence")
    lines = (
        base.transform_fold(measures, as_=["measure", "nats"])
        .mark_line()
        .encode(
            x=alt.X("position:Q", title="position"),
            y=alt.Y("nats:Q", title="nats"),
            color=alt.Color(
                "measure:N",
                title=None,
                scale=alt.Scale(domain=measures, range=[BLUE, ORANGE]),
                legend=alt.Legend(orient="top"),
            ),
            strokeDash=alt.StrokeDash(
                "measure:N", scale=alt.Scale(domain=measures, range=[[1, 0], [4, 3]]), legend=None
            ),
            tooltip=[
                alt.Tooltip("position:Q"),
                alt.Tooltip("target:N", title="next token"),
                alt.Tooltip("entropy:Q", title="entropy (nats)", format=".2f"),
                alt.Tooltip("loss:Q", title="loss (nats)", format=".2f"),
                alt.Tooltip("scale:Q", title="final scale", format=".2f"),
            ],
        )
    )
    now = base.transform_filter("datum.position === walk_now")
    rule = now.mark_rule(color=PINK, strokeWidth=2).encode(x="position:Q")
    return alt.LayerChart(layer=[rule, lines], width=PANEL_WIDTH, height=120)


def _neurons(activations: pd.DataFrame) -> alt.Chart:
    neurons = list(activations["neuron"].unique())
    packed = (
        activations.groupby(["sequence", "position"], sort=False)[["neuron", "activation"]]
        .agg(list)
        .reset_index()
    )
    values = activations["activation"].tolist()
    return (
        alt.Chart(packed)
        .transform_filter("datum.sequence === walk_sequence && datum.position === walk_now")
        .transform_flatten(["neuron", "activation"])
        .mark_bar(color=PINK)
        .encode(
            x=alt.X(
                "activation:Q",
                scale=alt.Scale(domain=[min(0, *values), max(values)]),
                title="activation",
            ),
            y=alt.Y("neuron:N", sort=neurons, title="entropy neuron"),
            tooltip=["neuron:N", alt.Tooltip("activation:Q", format=".2f")],
        )
        .properties(width=PANEL_WIDTH, height=14 * len(neurons))
    )
