"""What the marks share: rules, tooltips, panels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

import altair as alt
import pandas as pd

from confidence_neurons.charts.axes import Axis, Category
from confidence_neurons.charts.menus import Chooser
from confidence_neurons.charts.panels import NUMBERS, in_rows
from confidence_neurons.charts.theme import GREY, finish

DASH = [4, 4]
Drawn: TypeAlias = alt.LayerChart | alt.VConcatChart  # the second one where there are panels


def tooltips(frame: pd.DataFrame, columns: Mapping[str, str]) -> list[alt.Tooltip]:
    """What pointing at a mark says: each column under its label."""
    numbers = frame.select_dtypes("number").columns
    return [
        alt.Tooltip(f"{column}:{'Q' if column in numbers else 'N'}", title=label)
        for column, label in columns.items()
    ]


def interval_details(axis: Axis, frame: pd.DataFrame) -> dict[str, str]:
    """An estimate and its interval, for tooltips."""
    title = axis.title if isinstance(axis.title, str) else axis.column
    ends = axis.ends(frame)
    return {axis.column: title} | ({} if ends is None else {ends[0]: "from", ends[1]: "to"})


def row_details(
    axis: Axis, category: Category, group: str | None, frame: pd.DataFrame
) -> dict[str, str]:
    """What tells the marks of a row apart, and their numbers, for tooltips."""
    told = {category.column: category.title or category.column}
    told |= {} if group is None else {group: group}
    return told | interval_details(axis, frame)


def shares_rows(
    frame: pd.DataFrame, category: Category, panel: str | None, chooser: Chooser
) -> bool:
    """Whether a row has several marks, which then stand side by side."""
    keys = [*chooser.tests, category.column] + ([] if panel is None else [panel])
    return bool(frame.duplicated(keys).any())


def rules(axis: Axis, panel: str | None, *, upright: bool) -> list[alt.Chart]:
    """The dashed lines of an axis; a level one says what it marks."""
    found = axis.ruled(panel)
    if not found:
        return []
    frame = pd.DataFrame({axis.column: list(found.values()), "rule": list(found)})
    base = alt.Chart(frame).encode(tooltip=["rule:N", f"{axis.column}:Q"])
    dashed = base.mark_rule(color=GREY, strokeDash=DASH, strokeWidth=1.5)
    if upright:
        return [dashed.encode(x=axis.x(panel))]
    names = base.mark_text(align="right", dx=-4, dy=-7, fontSize=11)
    return [
        dashed.encode(y=axis.y(panel)),
        names.encode(x=alt.value("width"), y=axis.y(panel), text="rule:N"),
    ]


def panel_names(axis: Axis, frame: pd.DataFrame, panel: str | None) -> list[str | None]:
    """The panels that there is something to draw in, in the order of the axis's titles."""
    if panel is None:
        return [None]
    there = list(dict.fromkeys(frame[panel]))
    return there if isinstance(axis.title, str) else [name for name in axis.title if name in there]


def drawn_rows(axis: Axis, frame: pd.DataFrame, panel: str | None) -> pd.DataFrame:
    """The rows that stand in some panel."""
    return frame if panel is None else frame[frame[panel].isin(panel_names(axis, frame, panel))]


def same_rows(frame: pd.DataFrame, category: Category, panel: str | None, chooser: Chooser) -> bool:
    """Whether all panels have the same rows in the same order, whatever is chosen."""
    if panel is None:
        return True
    keys = [panel, *chooser.tests]
    found = frame.groupby(keys, sort=False, dropna=False)[category.column]
    rows = {tuple(dict.fromkeys(names)) for _, names in found}
    return len(rows) == 1


def where(panel: str | None, name: str | None) -> dict[str, str]:
    """The rows of a panel."""
    return {} if panel is None or name is None else {panel: name}


def arranged(
    axis: Axis,
    names: Sequence[str | None],
    draw: Callable[[str | None], Iterable[alt.Chart]],
    chooser: Chooser,
    *,
    height: int,
    title: str,
    description: str,
    beside: int = NUMBERS,
    names_once: bool = False,
) -> Drawn:
    """A chart that fills the page, or panels side by side; its controls; its words."""
    drawn = [_panel(list(draw(name)), name, axis) for name in names]
    chart = drawn[0]
    if len(drawn) > 1:
        panels = [each.properties(height=height) for each in drawn]
        chart = in_rows(panels, beside, names_once=names_once)
    if chooser.parameters:
        chart = chart.add_params(*chooser.parameters)
    return finish(chart, title=title, description=description, height=height)


def _panel(layers: list[alt.Chart], name: str | None, axis: Axis) -> alt.LayerChart:
    chart = alt.LayerChart(layer=layers)
    if name is None or not isinstance(axis.title, str):
        return chart
    return chart.properties(title=alt.Title(name, fontSize=12, anchor="start"))
