"""Horizontal bars, with or without intervals."""

from collections.abc import Mapping
from dataclasses import replace
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
from confidence_neurons.charts.looks import colour, in_order
from confidence_neurons.charts.menus import Chooser
from confidence_neurons.charts.theme import BLUE, PAGE_WIDTH
from confidence_neurons.checks import checked


@checked
def bars(
    frame: pd.DataFrame,
    *,
    x: Axis,
    category: Category,
    title: str,
    description: str,
    group: str | None = None,
    panel: str | None = None,
    choose: Mapping[str, str] | None = None,
    slide: Mapping[str, str] | None = None,
    initially: Mapping[str, Any] | None = None,
    corner: str | None = None,
    details: Mapping[str, str] | None = None,
    height: int | None = None,
) -> Drawn:
    """Draw a bar for each value, and a line for its interval.

    Parameters
    ----------
    frame
        One row per bar. Columns `low` and `high`, where there are any, are
        the interval.
    x
        The values, from zero across.
    category
        What tells the rows of the chart apart.
    title, description
        In words, for every reader: see `finish`.
    group
        Column that colour tells apart, side by side where a row has several.
    panel
        Column that tells panels apart; then `x.title` has one title for each.
    choose, initially, details, height
        As for `dots`.
    slide
        Columns of evenly spaced numbers among which a slider chooses, and its
        label.
    corner
        Column of texts, the same in all bars of a choice, to stand in the
        lower right corner.

    Returns
    -------
    alt.LayerChart | alt.VConcatChart
        The finished chart; several panels stand side by side.

    Examples
    --------
    >>> import pandas as pd
    >>> from confidence_neurons.charts import Axis, Category, bars
    >>> table = pd.DataFrame({"token": ["the", "a"], "probability": [0.6, 0.3]})
    >>> chart = bars(
    ...     table, x=Axis("probability", "probability"), category=Category("token", "next token"),
    ...     title="What comes next", description="A bar for each of the likeliest tokens.",
    ... )
    >>> chart.to_dict()["layer"][0]["mark"]["type"]
    'bar'
    """
    frame, x = drawn_rows(x, frame, panel), replace(x, zero=True)
    names = [] if group is None else in_order(frame[group])
    chooser = Chooser.of(frame, choose, slide, initially)
    shown = row_details(x, category, group, frame) | dict(details or {})
    side_by_side = group is not None and shares_rows(frame, category, panel, chooser)

    def draw(name: str | None) -> list[alt.Chart]:
        columns = [*shown] + ([] if corner is None else [corner])
        plain = chooser.chart(frame, columns, where(panel, name))
        base = plain.encode(y=category.y(), tooltip=tooltips(frame, shown))
        if side_by_side:
            base = base.encode(yOffset=alt.YOffset(f"{group}:N", sort=names))
        layers = [bar_layer(base, x, name, group, names), *rules(x, name, upright=True)]
        ends = x.ends(frame)
        if ends is not None:
            interval = base.mark_rule(strokeWidth=1.5)
            layers.append(interval.encode(x=x.x(name, ends[0]), x2=ends[1]))
        if corner is not None:
            first = plain.transform_window(number="row_number()").transform_filter(
                "datum.number === 1"
            )
            text = first.mark_text(align="right", baseline="bottom", fontSize=14, dx=-4, dy=-4)
            layers.append(text.encode(x=alt.value("width"), y=alt.value("height"), text=corner))
        return layers

    rows = (
        frame.groupby(list(chooser.tests))[category.column].nunique().max()
        if chooser.tests
        else (frame[category.column].nunique())
    )
    return arranged(
        x,
        panel_names(x, frame, panel),
        draw,
        chooser,
        height=height or max(60, int(rows) * offset(names if side_by_side else [])),
        title=title,
        description=description,
        beside=category.beside(frame),
        names_once=same_rows(frame, category, panel, chooser),
    )


def bar_layer(
    base: alt.Chart,
    x: Axis,
    panel: str | None,
    group: str | None,
    names: list[str],
    width: int = PAGE_WIDTH,
) -> alt.Chart:
    """Bars from zero, coloured by group, with a legend of this width."""
    bars = base.mark_bar(color=BLUE).encode(x=x.x(panel))
    if group is None:
        return bars
    told = colour(group, names, width)
    return bars.encode(color=told if len(names) > 1 else told.legend(None))
