"""A scatter of neurons, or of anything else: tokens, directions, heads."""

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import chain
from operator import and_
from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts.axes import Axis
from confidence_neurons.charts.layers import DASH, Drawn, interval_details, rules, tooltips
from confidence_neurons.charts.listing import listing
from confidence_neurons.charts.looks import colour, columns, edge, in_order, shape
from confidence_neurons.charts.menus import Chooser
from confidence_neurons.charts.panels import NUMBERS, in_rows
from confidence_neurons.charts.theme import BLUE, GREY, PAPER, WEAK_TO_STRONG, finish
from confidence_neurons.checks import checked
from confidence_neurons.groups.names import OTHERS

PANEL_HEIGHT = 240
SIZE, SMALL = 55, 22  # of points: those of a group, and the others


@checked
def neurons(
    frame: pd.DataFrame,
    *,
    x: Axis,
    y: Axis,
    title: str,
    description: str,
    group: str | None = None,
    shaped_by: str | None = None,
    coloured_by: Axis | None = None,
    sized_by: Axis | None = None,
    beside: Sequence[tuple[Axis, Axis]] | None = None,
    listed: Mapping[str, str] | None = None,
    listed_by: str | None = None,
    boxed: Mapping[str, Sequence[float]] | None = None,
    choose: Mapping[str, str] | None = None,
    initially: Mapping[str, Any] | None = None,
    details: Mapping[str, str] | None = None,
    diagonal: str | None = None,
    height: int | None = None,
) -> Drawn:
    """Draw a point for each neuron.

    Parameters
    ----------
    frame
        One row per neuron, or per whatever a point stands for.
    x, y
        What lies across and up. An axis with an `interval` has it drawn as a
        line.
    title, description
        In words, for every reader: see `finish`.
    group
        Column that colour and shape tell apart; "others" are small and grey.
    shaped_by
        Column that shape tells apart instead.
    coloured_by, sized_by
        Numbers that colour, from blue to orange, and size stand for.
    beside
        The two axes of each further panel of the same neurons. Boxes dragged
        in the panels leave the other neurons hollow in all.
    listed, listed_by
        Columns of a table beside the points, and what stands above them: it
        lists the neurons in the box that is dragged, those with the largest
        values of the column `listed_by` first.
    boxed
        Where the box stands at first: "x" and "y" -> where it begins and ends.
    choose, initially
        As for `dots`.
    details
        What pointing at a neuron shows besides axes and group; by default
        every other column.
    diagonal
        "rising" draws the line on which both axes are equal, "falling" that
        on which they cancel.
    height
        Of each panel, in pixels.

    Returns
    -------
    alt.LayerChart | alt.VConcatChart
        The finished chart; several panels stand side by side.

    Examples
    --------
    >>> import pandas as pd
    >>> from confidence_neurons.charts import Axis, neurons
    >>> table = pd.DataFrame({"neuron": [0, 1], "norm": [0.5, 1.5], "entropy_total": [0.1, 0.2]})
    >>> chart = neurons(
    ...     table, x=Axis("norm", "weight norm"), y=Axis("entropy_total", "|change| (nats)"),
    ...     title="Long ones do more", description="A point per neuron.",
    ... )
    >>> [each["title"] for each in chart.to_dict()["layer"][0]["encoding"]["tooltip"]]
    ['weight norm', '|change| (nats)', 'neuron']
    """
    pairs = [(x, y), *(beside or [])]
    chooser = Chooser.of(frame, choose, initially=initially)
    first = {} if boxed is None else {"value": boxed}
    many = len(pairs) if beside or listed else 0
    boxes = [box(f"box_{number}", **({} if number else first)) for number in range(many)]
    shown = {}
    for axis in (*chain(*pairs), *filter(None, (coloured_by, sized_by))):
        shown |= {axis.column: axis.title}
        shown |= {} if axis.interval is None else interval_details(axis, frame)
    shown |= {column: column for column in (group, shaped_by) if column is not None}
    if details is None:
        details = {c: c.replace("_", " ") for c in frame if c not in chooser.tests}
    shown = {**shown, **{column: label for column, label in details.items() if column not in shown}}

    def panel(number: int, right: Axis, top: Axis) -> alt.LayerChart:
        base = chooser.chart(_others_first(frame, group), list(shown))
        points = point_layer(
            base,
            right,
            top,
            tooltips(frame, shown),
            _names(frame, group),
            group,
            shaped_by,
            coloured_by,
            sized_by,
            None if shaped_by is None else list(dict.fromkeys(frame[shaped_by])),
        )
        if boxes:
            points = hollow_outside(points, reduce(and_, boxes), group, _names(frame, group))
            points = points.add_params(boxes[number])
        layers = rules(right, None, upright=True) + rules(top, None, upright=False)
        if diagonal is not None:
            layers.append(_diagonal(frame, chooser, right, top, diagonal))
        whiskers = base.mark_rule(strokeWidth=1.2, color=BLUE)
        if group is not None:
            whiskers = whiskers.encode(color=colour(group, _names(frame, group)))
        if right.interval is not None:
            low, high = right.interval
            layers.append(whiskers.encode(x=right.x(column=low), x2=high, y=top.y()))
        if top.interval is not None:
            low, high = top.interval
            layers.append(whiskers.encode(y=top.y(column=low), y2=high, x=right.x()))
        return alt.LayerChart(layer=[*layers, points])

    panels = [panel(number, *axes) for number, axes in enumerate(pairs)]
    chart = panels[0]
    if listed is not None:
        by = listed_by or next(iter(listed))
        panels.append(listing(frame, reduce(and_, boxes), listed, by, group))
    if len(panels) > 1:
        sized = [
            each.properties(height=height or PANEL_HEIGHT) if number < len(pairs) else each
            for number, each in enumerate(panels)
        ]
        chart = in_rows(sized, NUMBERS)
    if chooser.parameters:
        chart = chart.add_params(*chooser.parameters)
    return finish(chart, title=title, description=description, height=height)


def point_layer(
    base: alt.Chart,
    x: Axis,
    y: Axis,
    tooltip: list[alt.Tooltip],
    names: list[str],
    group: str | None = None,
    shaped_by: str | None = None,
    coloured_by: Axis | None = None,
    sized_by: Axis | None = None,
    shapes: list[str] | None = None,
) -> alt.Chart:
    """Points that are not see-through: an edge in the page's own colour keeps them apart."""
    points = base.mark_point(
        filled=True, size=SIZE, opacity=1, color=BLUE, stroke=PAPER, strokeWidth=0.6
    ).encode(x=x.x(), y=y.y(), tooltip=tooltip)
    if group is not None:
        points = points.encode(color=colour(group, names))
        if shaped_by is None:
            points = points.encode(shape=shape(group, names))
        if OTHERS in names:
            rest = f"datum[{group!r}] === {OTHERS!r}"
            points = points.encode(size=alt.condition(rest, alt.value(SMALL), alt.value(SIZE)))
    if shaped_by is not None:
        legend = columns(shapes or [], symbolFillColor=GREY, symbolStrokeColor=GREY)
        points = points.encode(
            shape=alt.Shape(
                f"{shaped_by}:N",
                title=None,
                sort=shapes,
                legend=legend,
            )
        )
    if coloured_by is not None:
        scale = coloured_by.scaled(range=WEAK_TO_STRONG)
        channel = alt.Color(
            f"{coloured_by.column}:Q",
            title=coloured_by.titled(None),
            scale=scale,
            legend=alt.Legend(format=coloured_by.format or "~g"),
        )
        points = points.encode(color=channel, order=alt.Order(f"{coloured_by.column}:Q"))
    if sized_by is not None:
        scale = sized_by.scaled(range=[SMALL, 5 * SIZE])
        points = points.encode(size=alt.Size(f"{sized_by.column}:Q", scale=scale, legend=None))
    return points


def box(name: str, **more: Any) -> alt.Parameter:
    """A box to be dragged over points, seen on light and dark paper."""
    seen = alt.BrushConfig(fill=GREY, fillOpacity=0.15, stroke=GREY, strokeWidth=1.5)
    return alt.selection_interval(name=name, mark=seen, **more)


def hollow_outside(
    points: alt.Chart, chosen: Any, group: str | None, names: list[str]
) -> alt.Chart:
    """Points that stay full where they are chosen: hollow ones can be seen as well."""
    around = alt.StrokeValue(BLUE) if group is None else edge(group, names)
    inside = alt.condition(chosen, alt.value(1), alt.value(0))
    return points.encode(stroke=around, fillOpacity=inside)


def _names(frame: pd.DataFrame, group: str | None) -> list[str]:
    return [] if group is None else in_order(frame[group])


def _others_first(frame: pd.DataFrame, group: str | None) -> pd.DataFrame:
    """So that the points of a group are drawn over those of none."""
    if group is None:
        return frame
    return frame.sort_values(group, key=lambda names: names != OTHERS, kind="stable")


def _diagonal(frame: pd.DataFrame, chooser: Chooser, x: Axis, y: Axis, direction: str) -> alt.Chart:
    """For each choice as long as its points need."""
    keys = list(chooser.tests)
    parts = frame.groupby(keys, sort=False) if keys else [((), frame)]
    rows = []
    for key, part in parts:
        values = part[[x.column, y.column]]
        low, high = float(values.min(axis=None)), float(values.max(axis=None))
        if direction == "falling":
            high = float(values.abs().max(axis=None))
            low = -high
        for end in (low, high):
            upward = -end if direction == "falling" else end
            rows.append(dict(zip(keys, key, strict=True)) | {x.column: end, y.column: upward})
    line = chooser.chart(pd.DataFrame(rows), [x.column, y.column])
    return line.mark_line(color=GREY, strokeDash=DASH).encode(x=x.x(), y=y.y())
