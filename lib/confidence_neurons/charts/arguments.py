"""The arguments of charts, each checked by its name: see `confidence_neurons.checks`."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts.axes import Axis, Category
from confidence_neurons.charts.stepper import StepBars, StepLines
from confidence_neurons.checks import (
    Check,
    Given,
    anything,
    as_list,
    is_frame,
    kind_of,
    once,
    one_of,
    whole,
)

LARGEST_HEIGHT, MOST_COLOURS = 5000, 8
SCALES = ("linear", "log", "sqrt")


def words(what: str) -> Check:
    """Check for words, at least one."""

    def check(value: Any, given: Given) -> str:
        if not isinstance(value, str):
            raise TypeError(f"expected {what} as str, got {kind_of(value)}")
        if not value.strip():
            raise ValueError(f"expected {what}, got an empty one: say what the chart shows")
        return value

    return check


def is_chart(value: Any, given: Given) -> alt.TopLevelMixin:
    """Any Altair chart."""
    if not isinstance(value, alt.TopLevelMixin):
        raise TypeError(f"expected an Altair chart, got {kind_of(value)}")
    return value


def is_charts(value: Any, given: Given) -> list:
    """Charts of one panel each."""
    charts = as_list(value, "charts")
    for chart in charts:
        if not isinstance(chart, alt.Chart | alt.LayerChart):
            raise TypeError(f"expected charts of one panel each, got {kind_of(chart)}")
    return charts


def in_frame(column: Any, given: Given, *, numbers: bool = False) -> str:
    """Refuse a name that is no column of the frame, or not one of numbers."""
    frame = given["frame"]
    if isinstance(given.get("shading"), pd.DataFrame) and column not in frame.columns:
        frame = given["shading"]
    if not isinstance(column, str) or column not in frame.columns:
        there = ", ".join(map(str, frame.columns))
        raise ValueError(f"expected a column of the frame ({there}), got {kind_of(column)}")
    if numbers and not pd.api.types.is_numeric_dtype(frame[column]):
        raise ValueError(f"expected numbers in the column {column}, got {frame[column].dtype}")
    if numbers and frame[column].abs().max() == float("inf"):
        raise ValueError(f"expected finite numbers in the column {column}, got infinity")
    return column


def is_axis(value: Any, given: Given) -> Axis:
    """An `Axis` of numbers that are in the frame."""
    if not isinstance(value, Axis):
        raise TypeError(
            f'expected an Axis, such as Axis("estimate", "entropy (nats)"), got {kind_of(value)}'
        )
    for column in (value.column, *(value.interval or ())):
        in_frame(column, given, numbers=True)
    one_of("the scale of an axis", SCALES)(value.scale, given)
    titles = [value.title] if isinstance(value.title, str) else list(value.title.values())
    for title in titles:
        words("the title of an axis")(title, given)
    if not isinstance(value.title, str):
        panel = given.get("panel")
        if panel is None or not set(value.title) & set(given["frame"][panel]):
            raise ValueError(
                f"expected one title, or a column `panel` with {list(value.title)} in it, "
                f"got {panel}"
            )
    if value.scale == "log" and (given["frame"][value.column] <= 0).any():
        raise ValueError(
            f"expected positive numbers in the column {value.column} for a logarithmic axis, "
            f"got {given['frame'][value.column].min()}: leave them out or take another scale"
        )
    return value


def is_category(value: Any, given: Given) -> Category:
    """A `Category` that is in the frame."""
    if not isinstance(value, Category):
        raise TypeError(f'expected a Category, such as Category("group", ""), got {kind_of(value)}')
    in_frame(value.column, given)
    return value


def is_pairs(value: Any, given: Given) -> list[tuple[Axis, Axis]]:
    """Pairs of axes."""
    pairs = as_list(value, "pairs of axes")
    return [(is_axis(x, given), is_axis(y, given)) for x, y in pairs]


def is_panels(value: Any, given: Given) -> list:
    """Panels of a stepper."""
    panels = as_list(value, "panels")
    for panel in panels:
        if not isinstance(panel, StepBars | StepLines):
            raise TypeError(f"expected panels as StepBars or StepLines, got {kind_of(panel)}")
    return panels


def labelled_columns(value: Any, given: Given) -> dict[str, str]:
    """Columns of the frame and what the reader sees instead of their names."""
    if not isinstance(value, Mapping):
        raise TypeError(f"expected columns and their labels as a mapping, got {kind_of(value)}")
    return {
        in_frame(column, given): words("the label of a column")(label, given)
        for column, label in value.items()
    }


def number_columns(value: Any, given: Given) -> dict[str, str]:
    """Columns of numbers and what the reader sees instead of their names."""
    labelled = labelled_columns(value, given)
    if not 0 < len(labelled) <= MOST_COLOURS:
        raise ValueError(f"expected 1 to {MOST_COLOURS} columns of numbers, got {len(labelled)}")
    for column in labelled:
        in_frame(column, given, numbers=True)
    return labelled


def is_options(value: Any, given: Given) -> list:
    """Several things, each once, at least one."""
    options = as_list(value, "options")
    once(options, "the options")
    return options


def is_initial(value: Any, given: Given) -> Any:
    """One of the options."""
    if value not in given["options"]:
        raise ValueError(f"expected one of {given['options']} to be chosen first, got {value!r}")
    return value


CHART_ARGUMENTS: dict[str, Check] = {
    "chart": is_chart,
    "charts": is_charts,
    "token": in_frame,
    "colours": number_columns,
    "title": words("a title"),
    "description": words("a description of the chart"),
    "height": whole("a height in pixels", 1, LARGEST_HEIGHT),
    "x": is_axis,
    "y": is_axis,
    "beside": is_pairs,
    "category": is_category,
    "coloured_by": is_axis,
    "sized_by": is_axis,
    "group": in_frame,
    "panel": in_frame,
    "dashed_by": in_frame,
    "shaped_by": in_frame,
    "member": in_frame,
    "corner": in_frame,
    "choose": labelled_columns,
    "slide": labelled_columns,
    "details": labelled_columns,
    "initially": anything,
    "diagonal": one_of("a diagonal", ("rising", "falling")),
    "panels": is_panels,
    "listed": labelled_columns,
    "listed_by": in_frame,
    "boxed": anything,
    "shading": is_frame,
    "step_label": words("a label"),
    "control": words("the name of a control"),
    "label": words("a label"),
    "options": is_options,
    "initial": is_initial,
}
