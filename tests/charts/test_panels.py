"""Panels: side by side on a desktop, with names and numbers that `fit.js` finds."""

from typing import Any

import altair as alt
import pandas as pd
import pytest

from charts.reading import controls, found, panels, rows_of, spec_of, title_of
from confidence_neurons.charts import Axis, Category, bars, dots, dropdown, neurons, side_by_side
from confidence_neurons.charts.panels import GAP, LEAST, columns_of
from confidence_neurons.charts.theme import PAGE_WIDTH

WORDS: dict[str, Any] = {"title": "Two of them", "description": "Made-up points, side by side."}
TABLE = pd.DataFrame(
    [
        {"row": row, "quantity": quantity, "estimate": i, "neuron": i}
        for i, row in enumerate(["first", "second"])
        for quantity in ("entropy", "loss", "confidence")
    ]
)
ESTIMATE, ROW = Axis("estimate", "change (nats)"), Category("row", "row")


def points(**more) -> alt.Chart:
    return alt.Chart(TABLE).mark_point().encode(x=alt.X("estimate:Q", **more), y="neuron:Q")


def test_charts_stand_in_one_row_and_fill_the_page():
    chart = side_by_side([points(), points()], **WORDS)
    (row,) = spec_of(chart)["vconcat"]
    assert [panel["name"] for panel in row["hconcat"]] == ["panel_0", "panel_1"]
    assert 0.75 * PAGE_WIDTH < sum(panel["width"] for panel in row["hconcat"]) < PAGE_WIDTH
    assert {panel["height"] for panel in row["hconcat"]} == {300}
    assert title_of(chart) == WORDS["title"]


def test_a_chart_with_a_height_of_its_own_keeps_it():
    chart = side_by_side([points().properties(height=80), points()], height=120, **WORDS)
    assert [panel["height"] for panel in panels(chart)] == [80, 120]


def test_titles_of_axes_are_broken_by_the_width_of_a_panel():
    title = "a title that is much too long for the plot of a panel of three"
    chart = side_by_side([points(title=title)] * 3, **WORDS)
    for panel in panels(chart):
        lines = panel["encoding"]["x"]["title"]
        assert len(lines) > 1
        assert " ".join(lines) == title
    assert points(title=title).to_dict()["encoding"]["x"]["title"] == title


def test_controls_can_be_added():
    chart = side_by_side([points(), points()], **WORDS)
    chart = chart.add_params(dropdown("chosen", "Chosen", [1, 2]))
    assert list(controls(chart)) == ["Chosen"]


@pytest.mark.parametrize(("count", "row"), [(2, 2), (3, 3), (4, 2), (5, 3), (6, 3), (7, 3)])
def test_rows_are_as_full_as_each_other(count, row):
    assert columns_of(count, 62, 62) == row


@pytest.mark.parametrize("beside", [12, 62, 120, 190])
def test_panels_in_a_row_have_room(beside):
    columns = columns_of(6, beside, beside)
    room = PAGE_WIDTH - columns * beside - (columns - 1) * GAP
    assert columns == 1 or room / columns >= LEAST


def test_what_is_no_chart_of_one_panel_is_refused():
    wrong: Any = alt.vconcat(points())
    with pytest.raises(TypeError, match="charts of one panel each, got VConcatChart"):
        side_by_side([wrong], **WORDS)
    with pytest.raises(ValueError, match="at least one"):
        side_by_side([], **WORDS)


@pytest.mark.parametrize("mark", [dots, bars])
def test_rows_that_are_the_same_in_all_panels_are_named_once(mark):
    drawn = panels(mark(TABLE, x=ESTIMATE, category=ROW, panel="quantity", **WORDS))
    named = [all("labels" not in axis for axis in found(panel, "axis")) for panel in drawn]
    assert named == [True, False, False]


def test_rows_that_differ_are_named_in_every_panel():
    some = TABLE[~((TABLE["row"] == "first") & (TABLE["quantity"] == "loss"))]
    chart = dots(some, x=ESTIMATE, category=ROW, panel="quantity", **WORDS)
    assert "labels" not in str(panels(chart))


def test_a_box_fills_a_table_beside_the_points():
    chart = neurons(
        TABLE.assign(group=TABLE["row"]),
        x=ESTIMATE,
        y=Axis("neuron", "neuron"),
        group="group",
        listed={"neuron": "number", "estimate": "change"},
        listed_by="estimate",
        boxed={"x": [0, 1], "y": [0, 1]},
        **WORDS,
    )
    plot, table = panels(chart)
    assert "title" not in table["layer"][0]["encoding"]["x"]
    heads = [each["value"] for each in found(table, "text") if "value" in each]
    assert heads == ["number", "change"]
    assert found(table, "sort")[0] == [{"field": "estimate", "order": "descending"}]
    assert {"filter": {"param": "box_0"}} in found(table, "transform")[0]
    (box,) = spec_of(chart)["params"]
    assert box["value"] == {"x": [0, 1], "y": [0, 1]}
    assert len(rows_of(chart)) == len(TABLE)
    assert plot["height"] > 0
