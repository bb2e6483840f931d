"""How charts reach a page: HTML drawn as SVG, and a description in words."""

from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest

from charts.reading import shown
from confidence_neurons.charts import theme
from confidence_neurons.charts.theme import enable_theme, finish

DESCRIPTION = "Points that rise from left to right, from 1 to 3."


@pytest.fixture(autouse=True)
def book_theme():
    """The book's theme for one test, and what was there before after it."""
    with alt.theme.enable(), alt.renderers.enable():  # what is active, and again at the end
        enable_theme()
        yield


def points() -> alt.Chart:
    frame = pd.DataFrame({"x": [1, 2, 3], "y": [1, 2, 3]})
    return alt.Chart(frame).mark_point().encode(x="x", y="y")


def test_the_plain_text_of_a_chart_is_its_description():
    assert shown(finish(points(), title="Rise", description=DESCRIPTION))["text/plain"] == (
        DESCRIPTION
    )


def test_the_html_is_drawn_as_svg_and_carries_the_description():
    html = shown(finish(points(), title="Rise", description=DESCRIPTION))["text/html"]
    assert '"renderer": "svg"' in html
    assert '"actions": false' in html
    assert DESCRIPTION in html


def test_the_same_chart_gives_the_same_bytes_and_another_one_another_place():
    one, same = (finish(points(), title="Rise", description=DESCRIPTION) for _ in range(2))
    other = finish(points(), title="Rise", description="Something else.")
    assert shown(one) == shown(same)

    def place(chart):
        return shown(chart)["text/html"].split('<div id="')[1].split('"')[0]

    assert place(one).startswith("chart-")
    assert place(one) != place(other)


def test_a_chart_of_the_readers_own_without_description_is_still_shown():
    bundle = shown(points())
    assert "vega" in bundle["text/html"]
    assert isinstance(bundle["text/plain"], str)


@pytest.mark.parametrize("empty", ["", "  \n"])
def test_an_empty_description_or_title_is_refused(empty):
    with pytest.raises(ValueError, match="description"):
        finish(points(), title="Rise", description=empty)
    with pytest.raises(ValueError, match="title"):
        finish(points(), title=empty, description=DESCRIPTION)


def test_only_charts_are_finished():
    no_chart: Any = {"mark": "point"}
    with pytest.raises(TypeError, match="Altair chart, got dict"):
        finish(no_chart, title="Rise", description=DESCRIPTION)


def test_a_finished_chart_fills_its_container():
    spec = finish(points(), title="Rise", description=DESCRIPTION).to_dict()
    assert spec["width"] == "container"
    assert spec["height"] == theme.HEIGHT
    assert spec["description"] == DESCRIPTION


def test_panels_keep_their_sizes():
    panels = alt.hconcat(points().properties(width=200), points().properties(width=200))
    chart = finish(panels, title="Rise", description=DESCRIPTION)
    spec = chart.to_dict()
    assert "width" not in spec
    assert [panel["width"] for panel in spec["hconcat"]] == [200, 200]
    assert shown(chart)["text/plain"] == DESCRIPTION


def test_a_chart_with_a_width_of_its_own_keeps_it():
    chart = finish(points().properties(width=90), title="Rise", description=DESCRIPTION)
    assert chart.to_dict()["width"] == 90


def test_finishing_leaves_the_chart_it_was_given_alone():
    chart = points()
    before = chart.to_dict()
    finish(chart, title="Rise", description=DESCRIPTION)
    assert chart.to_dict() == before


def test_a_long_title_is_broken_into_lines_that_fit_a_desktop():
    title = "Entropy neurons have large weights, and yet " * 2 + "they hardly move any logit"
    lines = finish(points(), title=title, description=DESCRIPTION).to_dict()["title"]["text"]
    assert len(lines) > 1
    assert all(len(line) <= theme.TITLE_CHARACTERS for line in lines)
    assert " ".join(lines) == title


def test_the_theme_sets_colours_and_a_white_ground():
    config = finish(points(), title="Rise", description=DESCRIPTION).to_dict()["config"]
    assert config["background"] == "white"
    assert config["range"]["category"] == theme.PALETTE
    assert len(theme.PALETTE) == len(set(theme.PALETTE))
    assert config["mark"]["color"] in theme.PALETTE


def test_enabling_twice_does_no_harm():
    enable_theme()
    assert alt.theme.active == "confidence_neurons"
    assert alt.renderers.active == "confidence_neurons"


def test_controls_stand_above_their_chart_in_a_notebook_too():
    html = shown(finish(points(), title="Rise", description=DESCRIPTION))["text/html"]
    place = html.split('<div id="')[1].split('"')[0]
    style = html[: html.index("<div id=")]
    assert f"#{place} .vega-bindings {{ order: -1;" in style
    assert f"#{place}.vega-embed {{ flex-direction: column; }}" in style


def test_what_a_control_changes_fits_again():
    panels = alt.hconcat(points(), points())
    for chart, kind in ((points(), "fit-x"), (panels, "pad")):
        spec = finish(chart, title="Rise", description=DESCRIPTION).to_dict()
        assert spec["autosize"] == {"type": kind, "contains": "padding", "resize": True}


def test_the_site_and_the_reports_fit_charts_with_the_same_script():
    script = theme.fitting_script()
    on_the_site = Path(__file__).parents[2] / "book" / "_static" / "charts.js"
    assert on_the_site.read_text(encoding="utf-8") == script
    assert "window.vegaEmbed =" in script
    assert "http" not in script
