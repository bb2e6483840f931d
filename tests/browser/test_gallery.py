"""Every mark of the grammar in a browser: nothing cut, nothing on top of another, nothing faint."""

from collections.abc import Iterator
from typing import Any

import pytest
from contrast import contrast
from gallery import MARKS, TEXTS, write_gallery
from playwright.sync_api import Browser, Page
from visits import LOOK, MODES, PATIENCE_MS, WIDTHS

GALLERY = "gallery-of-marks.htm"
MIN_CONTRAST, MIN_MARK_CONTRAST = 4.5, 3
LEAST_WIDTH = 600  # of a chart with panels, on a desktop
STEPPER_HEIGHT = 780
# True when every chart is drawn, and stands as it stood a moment ago.
STILL = """async (charts) => {
  const look = () => [...document.querySelectorAll(".vega-embed")].map(
    (chart) => chart.querySelector("svg.marks")?.outerHTML.length ?? 0);
  const before = look();
  await new Promise((resolve) => setTimeout(resolve, 400));
  const after = look();
  return after.length >= charts && after.every((size, i) => size > 0 && size === before[i]);
}"""
# What stands on the ground of each word of a coloured text, and how strong the ground is.
WORDS = """() => [...document.querySelectorAll(".cn-words span")].filter(
  (word) => word.getClientRects().length).map((word) => {
    const share = +getComputedStyle(word).getPropertyValue("--v") || 0;
    const ground = share < 0 ? [0, 114, 178] : [213, 94, 0];
    return [getComputedStyle(word).color, ground, 0.6 * Math.min(1, Math.abs(share))];
  })"""


@pytest.fixture(scope="module")
def marks(site: Any) -> Iterator[str]:
    """A page with every mark, drawn from made-up numbers."""
    write_gallery(site, GALLERY, MARKS, TEXTS)
    yield GALLERY
    (site / GALLERY).unlink()


@pytest.fixture(scope="module")
def pages(browser: Browser, address: str, marks: str) -> Iterator[dict[tuple[str, str], Page]]:
    """The page at both widths in both colour modes."""
    opened = {}
    for mode in MODES:
        for name, width in WIDTHS.items():
            page = browser.new_page(
                viewport={"width": width, "height": 900},
                color_scheme=mode,  # pyright: ignore[reportArgumentType]
            )
            page.set_default_timeout(PATIENCE_MS)
            page.goto(f"{address}/{marks}", wait_until="load")
            page.wait_for_function(STILL, arg=len(MARKS))
            opened[mode, name] = page
    yield opened
    for page in opened.values():
        page.close()


@pytest.fixture(params=[(m, w) for m in MODES for w in WIDTHS], ids="-".join)
def page(request: pytest.FixtureRequest, pages: dict[tuple[str, str], Page]) -> Page:
    """The page at one width in one mode."""
    return pages[request.param]


def charts_of(page: Page) -> dict[str, dict[str, Any]]:
    """What is to be seen of each chart: name of the mark -> what `look.js` found."""
    return dict(zip(MARKS, page.evaluate(LOOK)["charts"], strict=True))


def found(page: Page, what: str) -> dict[str, Any]:
    return {name: chart[what] for name, chart in charts_of(page).items() if chart[what]}


def test_no_text_is_cut(page):
    assert found(page, "cut") == {}


def test_no_labels_lie_on_one_another(page):
    assert found(page, "colliding") == {}


def test_no_chart_is_wider_than_the_text(page):
    for name, chart in charts_of(page).items():
        assert chart["drawn"], name
        assert chart["right"] <= chart["columnRight"] + 1, name


def test_controls_stand_above(page):
    assert all(chart["controlsAbove"] for chart in charts_of(page).values())


def test_words_and_marks_stand_out(page):
    charts = charts_of(page)
    for what in ("inks", "controls", "words", "marks"):
        assert any(chart[what] for chart in charts.values()), what
    for name, chart in charts.items():
        for ink, paper in chart["inks"] + chart["controls"] + chart["words"]:
            assert contrast(ink, paper) >= MIN_CONTRAST, (name, ink, paper)
        for inks, paper in chart["marks"]:
            assert max(contrast(ink, paper) for ink in inks) >= MIN_MARK_CONTRAST, (name, inks)


@pytest.mark.parametrize("mode", MODES)
def test_panels_use_the_width_of_a_desktop(pages, mode):
    widths = {
        name: chart["width"]
        for name, chart in charts_of(pages[mode, "desk"]).items()
        if chart["panels"]
    }
    assert len(widths) >= 6
    assert {name: width for name, width in widths.items() if width < LEAST_WIDTH} == {}


def test_panels_stand_side_by_side_on_a_desktop_and_below_each_other_on_a_phone(pages):
    desk, phone = (charts_of(pages["light", width]) for width in WIDTHS)
    for name in ("panels of dots", "panels of bars", "panels of bands", "side by side"):
        assert desk[name]["panels"] == phone[name]["panels"] > 1
        assert desk[name]["height"] < phone[name]["height"], name


def test_the_stepper_fits_one_screen(pages):
    assert charts_of(pages["light", "desk"])["stepper"]["height"] <= STEPPER_HEIGHT


def test_what_a_menu_chooses_fits_again(page):
    menu = page.locator(".vega-bind select").first
    for choice in menu.locator("option").all_text_contents():
        menu.select_option(choice)
        page.wait_for_function(STILL, arg=len(MARKS))
        chart = charts_of(page)["names that change"]
        assert chart["cut"] == [], choice
        assert chart["right"] <= chart["columnRight"] + 1, choice
        assert chart["width"] >= 0.95 * page.evaluate(
            "document.querySelector('.vega-embed').clientWidth"
        )


def test_another_width_keeps_what_was_chosen(browser, address, marks):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/{marks}", wait_until="load")
    page.wait_for_function(STILL, arg=len(MARKS), timeout=PATIENCE_MS)
    slider = page.locator(".vega-bind input[type=range]").last
    slider.fill("20")
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_timeout(1000)
    page.wait_for_function(STILL, arg=len(MARKS), timeout=PATIENCE_MS)
    assert page.locator(".vega-bind input[type=range]").last.input_value() == "20"
    assert found(page, "cut") == {}
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_timeout(1000)
    page.wait_for_function(STILL, arg=len(MARKS), timeout=PATIENCE_MS)
    assert page.locator(".vega-bind input[type=range]").last.input_value() == "20"
    charts = charts_of(page)
    assert all(chart["width"] >= LEAST_WIDTH for chart in charts.values())
    assert found(page, "cut") == found(page, "colliding") == {}
    assert charts["stepper"]["height"] <= STEPPER_HEIGHT
    page.close()


def test_what_is_cut_or_lies_on_another_is_seen(browser):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    axis = "<g class='role-axis-label'>{}</g>"
    texts = [(10, "on"), (14, "another"), (100, "alone"), (180, "outside"), (250, "hidden")]
    labels = "".join(
        f"<text x='{x}' y='20' opacity='{0 if words == 'hidden' else 1}'>{words}</text>"
        for x, words in texts
    )
    page.set_content(
        "<article class='bd-article'><div class='vega-embed' aria-label='a'>"
        f"<svg class='marks' width='200' height='60'>{axis.format(labels)}</svg></div></article>"
    )
    (chart,) = page.evaluate(LOOK)["charts"]
    assert chart["cut"] == ["outside"]
    assert chart["colliding"] == ["on | another"]
    page.close()


def test_a_coloured_text_can_be_read_and_its_colours_chosen(page):
    text = page.locator(".cn-text")
    assert text.count() == len(TEXTS)
    paper = [int(part) for part in page.evaluate(PAPER).removeprefix("rgb(")[:-1].split(",")]
    before = page.evaluate(WORDS)
    for ink, ground, share in before:
        mixed = [round(share * g + (1 - share) * p) for g, p in zip(ground, paper, strict=True)]
        assert contrast(ink, f"rgb({', '.join(map(str, mixed))})") >= MIN_CONTRAST
    text.get_by_label("entropy added (nats)").check()
    after = page.evaluate(WORDS)
    assert len(after) == len(before)
    assert after != before
    text.get_by_label("8").check()
    assert len(page.evaluate(WORDS)) == len(before)
    text.get_by_label("activation").check()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


PAPER = """() => {
  for (let e = document.querySelector(".cn-words"); e; e = e.parentElement) {
    const colour = getComputedStyle(e).backgroundColor;
    if (!colour.endsWith(", 0)")) return colour;
  }
  return "rgb(255, 255, 255)";
}"""
