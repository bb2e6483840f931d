"""The built pages in a browser without network: light and dark, on a desk and on a phone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from contrast import contrast
from gallery import write_gallery
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, TimeoutError

HERE = Path(__file__).parent
LOOK = (HERE / "look.js").read_text(encoding="utf-8").partition("\n")[2].rstrip().rstrip(";")
# True when the colour mode is on and no chart and no formula is still being drawn.
SETTLED = """([mode, charts]) => {
  const drawn = document.querySelectorAll(".vega-embed svg.marks").length;
  const formulas = document.querySelectorAll(".math").length;
  const drawnFormulas = document.querySelectorAll(".math mjx-container > svg").length;
  return document.documentElement.dataset.theme === mode
    && drawn >= charts && drawnFormulas >= formulas;
}"""
CHARTS_FIT = """() => [...document.querySelectorAll(".vega-embed")].every(
  (chart) => chart.querySelector("svg.marks").clientWidth <= chart.clientWidth)"""
CHART_SCRIPT = "typeof VEGA_DEBUG"  # stands once in the HTML of each chart
MIN_CONTRAST = 4.5  # of text
MIN_MARK_CONTRAST = 3
PATIENCE_MS = 60_000
LOAD_PATIENCE_MS = 180_000
WIDTHS = {"desk": 1280, "phone": 390}
DESK_HEIGHT = 900
MODES = ("light", "dark")
GALLERY = "gallery.htm"


@dataclass
class Trouble:
    """What went wrong on a page, and what it asked other hosts for."""

    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@dataclass
class Visit:
    """One page as the browser saw it in one colour mode."""

    name: str
    expected_charts: int
    seen: dict[str, Any]
    trouble: Trouble


def page_names(site: Path) -> list[str]:
    """Return the site's pages, the search page too, relative to the site."""
    return sorted(
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if "_static" not in path.parts
    )


def visit(
    context: BrowserContext, address: str, site: Path, name: str, width: str
) -> dict[str, Visit]:
    """Open a page, wait for its charts and formulas, and look at it in light and dark mode."""
    html = (site / name).read_text(encoding="utf-8")
    page = context.new_page()
    page.set_viewport_size({"width": WIDTHS[width], "height": DESK_HEIGHT})
    trouble = Trouble()
    page.on("pageerror", lambda error: trouble.complaints.append(f"page error: {error}"))
    page.on("console", lambda message: note_console(trouble, message))
    page.on("requestfailed", lambda request: trouble.complaints.append(f"failed: {request.url}"))
    page.on("request", lambda request: note_request(trouble, request.url, address))
    page.goto(f"{address}/{name}", wait_until="load", timeout=LOAD_PATIENCE_MS)
    charts = html.count(CHART_SCRIPT)
    visits = {}
    for mode in MODES:
        page.emulate_media(color_scheme=mode)
        wait_until_settled(page, trouble, mode, charts)
        visits[mode] = Visit(name, charts, page.evaluate(LOOK), trouble)
    page.close()
    return visits


def note_console(trouble: Trouble, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        trouble.complaints.append(f"console {message.type}: {message.text}")


def note_request(trouble: Trouble, url: str, address: str) -> None:
    if not url.startswith((address, "data:", "blob:")):
        trouble.foreign.append(url)


def wait_until_settled(page: Page, trouble: Trouble, mode: str, charts: int) -> None:
    try:
        page.wait_for_function(SETTLED, arg=[mode, charts])
    except TimeoutError:
        trouble.complaints.append(f"not drawn in {mode} mode after {PATIENCE_MS / 1000:.0f} s")


@pytest.fixture(scope="module")
def gallery(site: Path) -> Iterator[str]:
    """A page with every mark and every chart of the chapters, drawn from made-up numbers."""
    path = site / GALLERY
    write_gallery(site, "index.html", GALLERY)
    yield GALLERY
    path.unlink()


@pytest.fixture(scope="module")
def all_visits(
    browser: Browser, address: str, site: Path, gallery: str
) -> dict[tuple[str, str], list[Visit]]:
    """Every page, the gallery too, at both widths in both colour modes."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    visits: dict[tuple[str, str], list[Visit]] = {(m, w): [] for m in MODES for w in WIDTHS}
    for width in WIDTHS:
        for name in page_names(site):
            for mode, visited in visit(context, address, site, name, width).items():
                visits[mode, width].append(visited)
    context.close()
    return visits


@pytest.fixture(params=[(m, w) for m in MODES for w in WIDTHS], ids="-".join)
def look(request: pytest.FixtureRequest, all_visits: dict) -> tuple[str, list[Visit]]:
    """The visits in one colour mode at one width."""
    mode, _ = request.param
    assert all_visits[request.param]
    return mode, all_visits[request.param]


def failures(visits: list[Visit], problem: Callable[[Visit], Any]) -> dict[str, Any]:
    return {visit.name: found for visit in visits if (found := problem(visit))}


def test_nothing_is_fetched_from_elsewhere(look):
    _, visits = look
    assert failures(visits, lambda v: v.trouble.foreign) == {}


def test_no_page_complains(look):
    _, visits = look
    assert failures(visits, lambda v: v.trouble.complaints) == {}


def test_every_chart_is_drawn_and_described(look):
    _, visits = look
    for visited in visits:
        charts = visited.seen["charts"]
        assert len(charts) == visited.expected_charts, visited.name
        assert all(chart["drawn"] for chart in charts), visited.name
        assert all(len(chart["description"]) > 20 for chart in charts), visited.name


def test_there_are_charts_and_formulas_to_look_at(look):
    _, visits = look
    assert sum(visited.expected_charts for visited in visits) > 0
    assert sum(visited.seen["formulas"] for visited in visits) > 0


def test_every_formula_is_drawn(look):
    _, visits = look
    for visited in visits:
        assert visited.seen["drawnFormulas"] == visited.seen["formulas"], visited.name
        assert visited.seen["badFormulas"] == 0, visited.name


def test_no_page_is_wider_than_the_window(look):
    _, visits = look
    assert failures(visits, lambda v: v.seen["width"] > v.seen["window"] and v.seen["width"]) == {}


def test_no_chart_is_wider_than_the_text(look):
    _, visits = look
    for visited in visits:
        for chart in visited.seen["charts"]:
            assert chart["right"] <= chart["columnRight"] + 1, (visited.name, chart["id"])


def test_controls_stand_above_what_they_change(look):
    _, visits = look
    for visited in visits:
        for chart in visited.seen["charts"]:
            assert chart["controlsAbove"], (visited.name, chart["id"])


def test_the_stepper_is_seen_whole_on_a_desk(all_visits):
    charts = [
        chart
        for visited in all_visits["light", "desk"]
        for chart in visited.seen["charts"]
        if "driven by a slider over positions" in chart["description"]
    ]
    assert charts
    assert all(chart["height"] <= DESK_HEIGHT for chart in charts)


def test_text_of_charts_and_controls_can_be_read(look):
    mode, visits = look
    for visited in visits:
        assert visited.seen["mode"] == mode
        for chart in visited.seen["charts"]:
            for ink, paper in chart["inks"] + chart["controls"]:
                assert contrast(ink, paper) >= MIN_CONTRAST, (visited.name, chart["id"], ink, paper)


def test_words_on_coloured_grounds_can_be_read(look):
    _, visits = look
    words = 0
    for visited in visits:
        for chart in visited.seen["charts"]:
            words += len(chart["words"])
            for ink, paper in chart["words"]:
                assert contrast(ink, paper) >= MIN_CONTRAST, (visited.name, chart["id"], ink, paper)
    assert words > 0


def test_every_mark_stands_out_from_the_paper(look):
    _, visits = look
    marks = 0
    for visited in visits:
        for chart in visited.seen["charts"]:
            marks += len(chart["marks"])
            for inks, paper in chart["marks"]:
                best = max(contrast(ink, paper) for ink in inks)
                assert best >= MIN_MARK_CONTRAST, (visited.name, chart["id"], inks, paper)
    assert marks > 0


def test_no_text_of_a_chart_is_cut(look):
    _, visits = look
    for visited in visits:
        for chart in visited.seen["charts"]:
            assert chart["cut"] == [], (visited.name, chart["id"])


def test_charts_follow_the_width_of_the_window(browser, address, site):
    name = next(n for n in page_names(site) if CHART_SCRIPT in (site / n).read_text("utf-8"))
    page = browser.new_page(viewport={"width": 800, "height": 900})
    page.goto(f"{address}/{name}", wait_until="load", timeout=LOAD_PATIENCE_MS)
    page.wait_for_selector(".vega-embed svg.marks", timeout=PATIENCE_MS)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_timeout(500)
    page.wait_for_function(CHARTS_FIT, timeout=PATIENCE_MS)
    page.close()
