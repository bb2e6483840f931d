"""Dots with their intervals, in rows."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts.axes import Axis, Category, offset
from confidence_neurons.charts.layers import (
    Drawn,
    arranged,
    drawn_rows,
    panel_names,
    row_details,
    rules,
    same_rows,
    shares_rows,
    tooltips,
    where,
)
from confidence_neurons.charts.looks import colour, in_order, shape
from confidence_neurons.charts.menus import Chooser
from confidence_neurons.charts.theme import BLUE
from confidence_neurons.checks import checked


@checked
def dots(
    frame: pd.DataFrame,
    *,
    x: Axis,
    category: Category,
    title: str,
    description: str,
    group: str | None = None,
    panel: str | None = None,
    choose: Mapping[str, str] | None = None,
    initially: Mapping[str, Any] | None = None,
    details: Mapping[str, str] | None = None,
    height: int | None = None,
) -> Drawn:
    """Draw a dot for each estimate and a bar for its interval.

    Parameters
    ----------
    frame
        One row per dot. Columns `low` and `high`, where there are any, are
        the interval; a dot without one has NaN there.
    x
        The estimates, across.
    category
        What tells the rows of the chart apart.
    title, description
        In words, for every reader: see `finish`.
    group
        Column that colour and shape tell apart, side by side in each row.
    panel
        Column that tells panels apart; then `x.title` has one title for each.
    choose
        Columns among whose values a control chooses, and its label.
    initially
        Column -> value that is chosen at first.
    details
        More columns that pointing at a dot shows, and what they are called.
    height
        Of each panel, in pixels; by default as much as the rows need.

    Returns
    -------
    alt.LayerChart | alt.VConcatChart
        The finished chart; several panels stand side by side.

    Examples
    --------
    >>> import pandas as pd
    >>> from confidence_neurons.charts import Axis, Category, dots
    >>> table = pd.DataFrame(
    ...     {"group": ["entropy", "random"], "estimate": [0.2, 0.0], "low": [0.1, -0.1],
    ...      "high": [0.3, 0.1]}
    ... )
    >>> chart = dots(
    ...     table, x=Axis("estimate", "change of entropy (nats)"), category=Category("group", ""),
    ...     title="Switched off", description="A dot with its interval for each group.",
    ... )
    >>> [layer["mark"]["type"] for layer in chart.to_dict()["layer"]]
    ['rule', 'point']
    """
    frame = drawn_rows(x, frame, panel)
    names = [] if group is None else in_order(frame[group])
    chooser = Chooser.of(frame, choose, initially=initially)
    shown = row_details(x, category, group, frame) | dict(details or {})
    side_by_side = group is not None and shares_rows(frame, category, panel, chooser)

    def draw(name: str | None) -> list[alt.Chart]:
        base = chooser.chart(frame, list(shown), where(panel, name)).encode(
            y=category.y(), tooltip=tooltips(frame, shown)
        )
        if group is not None:
            base = base.encode(color=colour(group, names))
        if side_by_side:
            base = base.encode(yOffset=alt.YOffset(f"{group}:N", sort=names))
        points = base.mark_point(filled=True, size=65, opacity=1, color=BLUE).encode(x=x.x(name))
        if group is not None:
            points = points.encode(shape=shape(group, names))
        ends = x.ends(frame)
        if ends is None:
            return [*rules(x, name, upright=True), points]
        bars = base.mark_rule(strokeWidth=2, color=BLUE).encode(x=x.x(name, ends[0]), x2=ends[1])
        return [*rules(x, name, upright=True), bars, points]

    rows = frame[category.column].nunique()
    return arranged(
        x,
        panel_names(x, frame, panel),
        draw,
        chooser,
        height=height or max(60, rows * offset(names if side_by_side else [])),
        title=title,
        description=description,
        beside=category.beside(frame),
        names_once=same_rows(frame, category, panel, chooser),
    )
