"""Lines along positions, with their intervals as bands."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts.axes import Axis
from confidence_neurons.charts.layers import (
    Drawn,
    arranged,
    drawn_rows,
    interval_details,
    panel_names,
    rules,
    tooltips,
    where,
)
from confidence_neurons.charts.looks import colour, columns, edge, in_order
from confidence_neurons.charts.menus import Chooser
from confidence_neurons.charts.theme import BLUE, GREY
from confidence_neurons.checks import checked

PANEL_HEIGHT = 170
MOST_DOTS = 30  # on a line


@checked
def bands(
    frame: pd.DataFrame,
    *,
    x: Axis,
    y: Axis,
    title: str,
    description: str,
    group: str | None = None,
    dashed_by: str | None = None,
    member: str | None = None,
    panel: str | None = None,
    choose: Mapping[str, str] | None = None,
    initially: Mapping[str, Any] | None = None,
    details: Mapping[str, str] | None = None,
    height: int | None = None,
) -> Drawn:
    """Draw a line for each group, and a band for its interval.

    Parameters
    ----------
    frame
        One row per point of a line. Columns `low` and `high`, where there
        are any, are the two edges of the band.
    x, y
        Where along the line, and what is measured there.
    title, description
        In words, for every reader: see `finish`.
    group
        Column that tells the lines apart, by colour and dashes.
    dashed_by
        Column that dashes tell apart instead.
    member
        Column whose values, such as the neurons of a group, each have a thin
        line of their own; a thick one is the mean of the group.
    panel
        Column that tells panels apart; then `y.title` has one title for each.
    choose, initially, details, height
        As for `dots`.

    Returns
    -------
    alt.LayerChart | alt.VConcatChart
        The finished chart; several panels stand side by side.

    Examples
    --------
    >>> import pandas as pd
    >>> from confidence_neurons.charts import Axis, bands
    >>> course = pd.DataFrame(
    ...     {"position": [1, 2], "estimate": [3.0, 2.0], "low": [2.5, 1.5], "high": [3.5, 2.5]}
    ... )
    >>> chart = bands(
    ...     course, x=Axis("position", "position"), y=Axis("estimate", "entropy (nats)"),
    ...     title="Surer and surer", description="A line with a band over positions.",
    ... )
    >>> [layer["mark"]["type"] for layer in chart.to_dict()["layer"]]
    ['area', 'line']
    """
    frame = drawn_rows(y, frame, panel)
    names = [] if group is None else in_order(frame[group])
    chooser = Chooser.of(frame, choose, initially=initially)
    ends = y.ends(frame)
    told = {column: column for column in (group, dashed_by, member) if column is not None}
    shown = told | {x.column: str(x.title)} | interval_details(y, frame) | dict(details or {})
    packed_by = [column for column in (group, dashed_by, member) if column is not None]
    few = frame[x.column].nunique() <= MOST_DOTS

    def draw(name: str | None) -> list[alt.Chart]:
        base = chooser.chart(frame, list(shown), where(panel, name), packed_by).encode(x=x.x())
        if group is not None:
            base = base.encode(color=colour(group, names))
        layers = rules(y, name, upright=False) + rules(x, name, upright=True)
        if ends is not None:
            area = base.mark_area(fillOpacity=0.25, strokeWidth=0.75, color=BLUE)
            area = area.encode(y=y.y(name, ends[0]), y2=ends[1])
            area = area if dashed_by is None else area.encode(detail=f"{dashed_by}:N")
            layers.append(area if group is None else area.encode(stroke=edge(group, names)))
        if member is not None:
            thin = base.mark_line(strokeWidth=1).encode(
                y=y.y(name), detail=f"{member}:N", tooltip=tooltips(frame, shown)
            )
            layers.append(thin)
        width = 2 if member is None else 3
        point = alt.OverlayMarkDef(size=28, opacity=1) if few and dashed_by is None else False
        if few and dashed_by is not None:  # apart from the line, whose legend they would change
            layers.append(base.mark_point(filled=True, size=28, opacity=1).encode(y=y.y(name)))
        line = base.mark_line(strokeWidth=width, point=point, color=BLUE)
        if dashed_by or group:
            order = list(dict.fromkeys(frame[dashed_by])) if dashed_by else names
            dash = alt.StrokeDash(f"{dashed_by or group}:N", sort=order, title=None)
            line = line.encode(strokeDash=dash.legend(_dashes(order) if dashed_by else None))
        if member is None:
            return [*layers, line.encode(y=y.y(name), tooltip=tooltips(frame, shown))]
        mean = alt.Y(f"mean({y.column}):Q", title=y.lines(name), scale=y.scaled())
        shared = {key: shown[key] for key in (group, x.column) if key is not None}
        said = [*tooltips(frame, shared), alt.Tooltip(f"mean({y.column}):Q", format=".3~g")]
        return [*layers, line.encode(y=mean, tooltip=said)]

    return arranged(
        y,
        panel_names(y, frame, panel),
        draw,
        chooser,
        height=height or (PANEL_HEIGHT if panel else 280),
        title=title,
        description=description,
    )


def _dashes(names: list[str]) -> alt.Legend:
    """A legend of dashes, which are grey: colour may say something else."""
    return columns(
        names,
        orient="top",
        symbolType="stroke",
        symbolStrokeColor=GREY,
        symbolFillColor=GREY,
        symbolSize=300,
    )
