"""The charts and formulas of the built pages, light and dark, on a desk and on a phone."""

import pytest
from contrast import contrast
from playwright.sync_api import Browser
from visits import CHART_SCRIPT, FORMULA, HEIGHT, PATIENCE_MS, Visit, page_names

CHARTS_FIT = """() => [...document.querySelectorAll(".vega-embed")].every(
  (chart) => chart.querySelector("svg.marks").clientWidth <= chart.clientWidth)"""
STEPPER = "driven by a slider over positions"
MIN_CONTRAST = 4.5  # of text
MIN_MARK_CONTRAST = 3


def test_nothing_is_fetched_from_elsewhere(visited: Visit):
    assert visited.trouble.foreign == []


def test_no_page_complains(visited: Visit):
    assert visited.trouble.complaints == []


def test_the_page_has_the_colour_mode_that_the_reader_wants(visited: Visit):
    assert [seen.charts["mode"] for seen in visited.seen.values()] == list(visited.seen)


def test_every_chart_is_drawn_and_described(visited: Visit):
    for seen in visited.seen.values():
        charts = seen.charts["charts"]
        assert len(charts) == visited.html.count(CHART_SCRIPT)
        assert all(chart["drawn"] for chart in charts)
        assert all(len(chart["description"]) > 20 for chart in charts)


def test_every_formula_is_drawn(visited: Visit):
    for seen in visited.seen.values():
        assert seen.charts["formulas"] == visited.html.count(FORMULA)
        assert seen.charts["drawnFormulas"] == seen.charts["formulas"]
        assert seen.charts["badFormulas"] == 0


def test_no_page_is_wider_than_the_window(visited: Visit):
    assert all(seen.charts["width"] <= seen.charts["window"] for seen in visited.seen.values())


def test_no_chart_is_wider_than_the_text(visited: Visit):
    for chart in visited.charts:
        assert chart["right"] <= chart["columnRight"] + 1, chart["id"]


def test_controls_stand_above_what_they_change(visited: Visit):
    for chart in visited.charts:
        assert chart["controlsAbove"], chart["id"]


@pytest.mark.parametrize("name", ["06-induction.html"])
def test_the_stepper_is_seen_whole_on_a_desk(visits, name):
    charts = visits(name, "desk").charts
    steppers = [chart for chart in charts if STEPPER in chart["description"]]
    assert steppers
    assert all(chart["height"] <= HEIGHT for chart in steppers)


def test_text_of_charts_and_controls_can_be_read(visited: Visit):
    for chart in visited.charts:
        for ink, paper in chart["inks"] + chart["controls"]:
            assert contrast(ink, paper) >= MIN_CONTRAST, (chart["id"], ink, paper)


def test_words_on_coloured_grounds_can_be_read(visited: Visit):
    for chart in visited.charts:
        for ink, paper in chart["words"]:
            assert contrast(ink, paper) >= MIN_CONTRAST, (chart["id"], ink, paper)


def test_every_mark_stands_out_from_the_paper(visited: Visit):
    for chart in visited.charts:
        for inks, paper in chart["marks"]:
            best = max(contrast(ink, paper) for ink in inks)
            assert best >= MIN_MARK_CONTRAST, (chart["id"], inks, paper)


def test_no_text_of_a_chart_is_cut(visited: Visit):
    for chart in visited.charts:
        assert chart["cut"] == [], chart["id"]


def test_charts_follow_the_width_of_the_window(browser: Browser, address: str, site):
    name = next(n for n in page_names() if CHART_SCRIPT in (site / n).read_text("utf-8"))
    page = browser.new_page(viewport={"width": 800, "height": HEIGHT})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{address}/{name}", wait_until="load")
    page.wait_for_selector(".vega-embed svg.marks")
    page.set_viewport_size({"width": 1280, "height": HEIGHT})
    page.wait_for_timeout(500)
    page.wait_for_function(CHARTS_FIT)
    page.close()
