"""Step through a text with a slider: its tokens, and what is so at the token that is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts.axes import Axis, Category
from confidence_neurons.charts.bars import bar_layer
from confidence_neurons.charts.layers import tooltips
from confidence_neurons.charts.looks import colour, dashes, in_order
from confidence_neurons.charts.menus import Chooser
from confidence_neurons.charts.panels import NUMBERS, in_columns
from confidence_neurons.charts.theme import BLUE, ORANGE, PAGE_WIDTH, finish
from confidence_neurons.checks import checked, need_columns

LEGEND_WIDTH = PAGE_WIDTH // 2
ROW, BAR = 18, 16
LINES_HEIGHT = 85
TOKENS = ("step", "token", "row", "column")  # columns of the frame
DARKEST = 0.5  # opacity of a ground on which words can still be read


@dataclass(frozen=True)
class StepBars:
    """Bars that change from step to step.

    Attributes
    ----------
    frame
        Columns `step`, those of the axis, the category and the group.
    x, category, group
        As for `bars`.
    """

    frame: pd.DataFrame
    x: Axis
    category: Category
    group: str | None = None


@dataclass(frozen=True)
class StepLines:
    """Lines over all steps; a rule stands at the one that is read.

    Attributes
    ----------
    frame
        Columns `step`, that of the axis and the group.
    y, group
        As for `bands`.
    """

    frame: pd.DataFrame
    y: Axis
    group: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)


@checked
def stepper(
    frame: pd.DataFrame,
    panels: Sequence[StepBars | StepLines],
    *,
    title: str,
    description: str,
    step_label: str = "Step",
    shading: pd.DataFrame | None = None,
    choose: Mapping[str, str] | None = None,
    initially: Mapping[str, Any] | None = None,
) -> alt.VConcatChart:
    """Let a slider walk along the tokens of a text.

    Parameters
    ----------
    frame
        The tokens: `step`, `token`, and the `row` and `column` in which it
        stands; with a column for each of `choose`.
    panels
        What stands beside the tokens, from top to bottom; on a phone below
        them. Their frames have a column `step`, and those columns of `choose` on which they depend.
    title, description
        In words, for every reader: see `finish`.
    step_label
        What stands before the slider.
    shading
        How dark the ground of each token is at a step: `step`, `source` (the
        step of the shaded token), `weight` from 0 to 1, and columns of
        `choose`.
    choose
        Columns, of the shading too, among whose values a control chooses.
    initially
        Column -> value that is chosen at first, `step` among them.

    Returns
    -------
    alt.VConcatChart
        The finished chart.

    Examples
    --------
    >>> import pandas as pd
    >>> from confidence_neurons.charts import Axis, StepLines, stepper
    >>> tokens = pd.DataFrame({"step": [1, 2], "token": ["a", "b"], "row": 0, "column": [0, 1]})
    >>> sure = pd.DataFrame({"step": [1, 2], "entropy": [3.0, 2.0]})
    >>> chart = stepper(
    ...     tokens, [StepLines(sure, Axis("entropy", "entropy (nats)"))],
    ...     title="Word by word", description="Tokens above, a line of entropy below.",
    ... )
    >>> len(chart.to_dict()["vconcat"][0]["hconcat"])
    2
    """
    need_columns(frame, TOKENS)
    choosers = {
        column: next(f for f in (frame, shading) if f is not None and column in f)
        for column in choose or {}
    }
    parameters, tests = [], {}
    for column, of in choosers.items():
        one = Chooser.of(of, {column: (choose or {})[column]}, initially=_only(initially, column))
        parameters, tests = parameters + one.parameters, tests | one.tests
    steps = sorted(set(panels[0].frame["step"]))
    now = Chooser.of(
        pd.DataFrame({"step": steps}),
        slide={"step": step_label},
        initially=_only(initially, "step"),
    )
    reading = Chooser([*parameters, *now.parameters], tests)
    drawn = [
        _bars(panel, reading, now) if isinstance(panel, StepBars) else _lines(panel, reading, now)
        for panel in panels
    ]
    beside = [
        panel.category.beside(panel.frame) if isinstance(panel, StepBars) else NUMBERS
        for panel in panels
    ]
    chart = in_columns([[_tokens(frame, shading, reading, now)], drawn], [[0], beside])
    return finish(chart.add_params(*reading.parameters), title=title, description=description)


def _only(initially: Mapping[str, Any] | None, column: str) -> dict[str, Any]:
    return {key: value for key, value in (initially or {}).items() if key == column}


def _tokens(
    frame: pd.DataFrame, shading: pd.DataFrame | None, reading: Chooser, now: Chooser
) -> alt.LayerChart:
    """The tokens in their places, a frame around the one that is read, grounds behind them."""
    here = Chooser([], reading.tests | now.tests)
    x, y = alt.X("column:O", axis=None), alt.Y("row:O", axis=None)
    token = [alt.Tooltip("token:N"), alt.Tooltip("step:Q")]
    words = reading.chart(frame, ["step", "token", "row", "column"]).encode(x=x, y=y, tooltip=token)
    read = here.chart(frame, ["row", "column"]).encode(x=x, y=y)
    box = read.mark_rect(fillOpacity=0, stroke=ORANGE, strokeWidth=2.5)
    layers = [box, words.mark_text(fontSize=11).encode(text="token:N")]
    if shading is not None:
        places = frame.rename(columns={"step": "source"})
        keys = [column for column in (*reading.tests, "source") if column in places]
        placed = shading.merge(places, on=keys)
        grounds = here.chart(placed, ["source", "token", "weight", "row", "column"])
        scale = alt.Scale(domain=[0, 1], range=[0, DARKEST])
        ground = grounds.mark_rect(color=BLUE).encode(
            x=x,
            y=y,
            opacity=alt.Opacity("weight:Q", scale=scale, legend=None),
            tooltip=[alt.Tooltip("token:N"), alt.Tooltip("source:Q", title="step"), "weight:Q"],
        )
        layers = [ground, *layers]
    return alt.LayerChart(layer=layers, height=ROW * frame["row"].nunique())


def _bars(panel: StepBars, reading: Chooser, now: Chooser) -> alt.Chart:
    shown = {panel.category.column: panel.category.title or panel.category.column}
    shown |= {panel.x.column: str(panel.x.title)}
    shown |= {} if panel.group is None else {panel.group: panel.group}
    names = [] if panel.group is None else in_order(panel.frame[panel.group])
    base = Chooser([], reading.tests | now.tests).chart(panel.frame, list(shown))
    base = base.encode(y=panel.category.y(), tooltip=tooltips(panel.frame, shown))
    keys = [column for column in (*reading.tests, "step") if column in panel.frame]
    return bar_layer(base, panel.x, None, panel.group, names, LEGEND_WIDTH).properties(
        height=BAR * int(panel.frame.groupby(keys).size().max())
    )


def _lines(panel: StepLines, reading: Chooser, now: Chooser) -> alt.LayerChart:
    group = panel.group
    shown = {"step": "step"} | ({} if group is None else {group: group})
    shown |= {panel.y.column: str(panel.y.title)} | dict(panel.details)
    x = alt.X("step:Q", title=None, scale=alt.Scale(nice=False))
    lines = reading.chart(panel.frame, list(shown)).mark_line(color=BLUE)
    lines = lines.encode(x=x, y=panel.y.y(), tooltip=tooltips(panel.frame, shown))
    if group is not None:
        names = in_order(panel.frame[group])
        lines = lines.encode(
            color=colour(group, names, LEGEND_WIDTH), strokeDash=dashes(group, names, LEGEND_WIDTH)
        )
    at = Chooser([], now.tests).chart(panel.frame[["step"]].drop_duplicates(), ["step"])
    rule = at.mark_rule(color=ORANGE, strokeWidth=2).encode(x=x)
    return alt.LayerChart(layer=[rule, lines], height=LINES_HEIGHT)
