"""Panels of a chart: side by side where the page is wide, below each other where it is not.

A specification is made for the column of a desktop. `fit.js`, which the site
and the reports load, finds the panels by their names and sets them below each
other where the column is narrow.
"""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import altair as alt

from confidence_neurons.charts.theme import HEIGHT, PAGE_WIDTH, finish
from confidence_neurons.checks import checked

GAP = 24  # between panels
LEAST = 130  # width of a panel's plot
NUMBERS = 62  # width of an axis of numbers, its title included
BARE = 12  # width of a panel's side where nothing stands
LETTER = 6.6  # width of a letter of an axis's title, on average


@checked
def side_by_side(
    charts: Sequence[alt.Chart | alt.LayerChart],
    *,
    title: str,
    description: str,
    height: int | None = None,
) -> alt.VConcatChart:
    """Set charts side by side; on a phone below each other.

    Parameters
    ----------
    charts
        Two or more, without widths of their own; controls are added to the
        result.
    title, description
        In words, for every reader: see `finish`.
    height
        Of each chart that has none, in pixels; by default 300.

    Returns
    -------
    alt.VConcatChart
        The finished chart.

    Examples
    --------
    >>> import altair as alt
    >>> from confidence_neurons.charts import side_by_side
    >>> chart = alt.Chart("points.csv").mark_point().encode(x="x:Q")
    >>> both = side_by_side([chart, chart], title="Twice", description="Points, two times.")
    >>> [panel["name"] for row in both.to_dict()["vconcat"] for panel in row["hconcat"]]
    ['panel_0', 'panel_1']
    """
    drawn = [
        chart
        if isinstance(getattr(chart, "height", None), int)
        else chart.properties(height=height or HEIGHT)
        for chart in charts
    ]
    return finish(in_rows(drawn, NUMBERS), title=title, description=description)


def in_rows(
    charts: Sequence[alt.Chart | alt.LayerChart], beside: int, *, names_once: bool = False
) -> alt.VConcatChart:
    """Panels in rows of equal length, so many that they fill the page.

    Parameters
    ----------
    charts
        With their heights.
    beside
        Width of what stands beside each plot.
    names_once
        Whether the names of the rows stand in the first panel of each row alone.
    """
    later = BARE if names_once else beside
    columns = columns_of(len(charts), beside, later)
    room = PAGE_WIDTH - beside - (columns - 1) * (later + GAP)
    panels = [named(chart, number, room // columns) for number, chart in enumerate(charts)]
    if names_once:
        for number, panel in enumerate(panels):
            if number % columns:
                _leave_out_names(panel)
    rows = [panels[start : start + columns] for start in range(0, len(panels), columns)]
    return alt.vconcat(*(alt.hconcat(*row, spacing=GAP) for row in rows), spacing=GAP)


def in_columns(
    columns: Sequence[Sequence[alt.Chart | alt.LayerChart]], beside: Sequence[Sequence[int]]
) -> alt.VConcatChart:
    """Columns of panels, each panel with colours and a legend of its own.

    Parameters
    ----------
    columns
        Charts with their heights, from top to bottom; their plots begin at the
        same place.
    beside
        Width of what stands beside each plot.
    """
    width = (PAGE_WIDTH - GAP * (len(columns) - 1)) // len(columns)
    number, drawn = 0, []
    for charts, taken in zip(columns, beside, strict=True):
        panels = []
        for chart in charts:
            panels.append(named(chart, number, width - max(taken)))
            number += 1
        drawn.append(panels[0] if len(panels) == 1 else _own(alt.vconcat(*panels, spacing=12)))
    return _own(alt.vconcat(_own(alt.hconcat(*drawn, spacing=GAP)), spacing=GAP))


def _own(chart: Any) -> Any:
    apart: dict[str, Any] = {"color": "independent", "strokeDash": "independent"}
    return chart.resolve_scale(**apart).resolve_legend(**apart)


def columns_of(panels: int, first: int, later: int) -> int:
    """How many panels stand in a row: rows are as full as each other."""
    fit = max(1, (PAGE_WIDTH - first + later + GAP) // (later + LEAST + GAP))
    rows = -(-panels // fit)
    return -(-panels // rows)


def named(chart: alt.Chart | alt.LayerChart, number: int, width: int) -> alt.Chart | alt.LayerChart:
    """A panel that `fit.js` finds, of this width, with its titles broken into lines."""
    panel = chart.copy(deep=True).properties(name=f"panel_{number}", width=width)
    for channel, along in _sides(panel):
        title = channel._get("title")
        if isinstance(title, str | list):
            room = width if along == "x" else panel["height"]
            words = title if isinstance(title, str) else " ".join(title)
            channel["title"] = textwrap.wrap(words, max(12, int((room + 10) / LETTER)))
    return panel


def _leave_out_names(panel: alt.Chart | alt.LayerChart) -> None:
    for channel, along in _sides(panel):
        if along == "y":
            channel["title"] = None
            channel["axis"] = alt.Axis(labels=False, ticks=False, domain=False, title=None)


def _sides(chart: Any) -> Iterator[tuple[Any, str]]:
    """The channels along both sides of every layer, and which side it is."""
    for layer in getattr(chart, "layer", None) or []:
        yield from _sides(layer)
    encoding = chart._get("encoding")
    if encoding is not alt.Undefined:
        for along in ("x", "y"):
            channel = encoding._get(along)
            if isinstance(channel, alt.X | alt.Y):
                yield channel, along
