"""The pages from the disk, without a network: nothing is cut, nothing is wider than its column."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contrast import contrast
from playwright.sync_api import Browser, Page

import contents

LAYOUT = (Path(__file__).parent / "layout.js").read_text("utf-8").partition("\n")[2].strip(" ;\n")
DRAWN = """(charts) => document.querySelectorAll(".vega-embed svg.marks").length >= charts
  && document.querySelectorAll(".math mjx-container > svg").length
  >= document.querySelectorAll(".math").length"""
INKS = """() => {
  const paper = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!colour.endsWith(", 0)")) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = document.querySelectorAll(`.bd-article :is(.cn-caption, .cn-box p, .cn-table th,
    .cn-table td, .cn-table caption, .cn-question p, .cn-choice summary, .cn-count, details.hide p,
    .cn-hero *, .sd-card p)`);
  const says = (e) => [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const drawn = document.querySelectorAll("svg.cn-map text");
  const look = (e, property) => [
    getComputedStyle(e)[property], paper(e), e.textContent.slice(0, 30)];
  return [
    ...[...texts].filter((e) => e.getClientRects().length && says(e)).map((e) => look(e, "color")),
    ...[...drawn].filter((e) => e.getClientRects().length && !e.closest(".pins"))
      .map((e) => look(e, "fill")),
  ];
}"""
NOTEBOOKS = {path.stem for path in contents.NOTEBOOKS}
CHART_SCRIPT = "typeof VEGA_DEBUG"  # stands once in the HTML of each chart
WIDTHS = {"desk": 1280, "phone": 390}
MODES: tuple[Any, ...] = ("light", "dark")
PATIENCE_MS = 120_000
MIN_CONTRAST = 4.5
FARTHEST_CAPTION = 60


@pytest.fixture(scope="module", params=contents.NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module", params=WIDTHS)
def opened(
    request: pytest.FixtureRequest, browser: Browser, site: Path, name: str
) -> Iterator[tuple[str, Page, list[str]]]:
    """The width, the page, and what it complained of or asked other hosts for."""
    viewport: Any = {"width": WIDTHS[request.param], "height": 900}
    page = browser.new_page(viewport=viewport, offline=True, reduced_motion="reduce")
    page.set_default_timeout(PATIENCE_MS)
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
    page.on("requestfailed", lambda failed: trouble.append(f"failed: {failed.url}"))
    page.on("request", lambda asked: note(trouble, asked.url))
    path = site / f"{name}.html"
    page.goto(path.as_uri(), wait_until="load")
    page.wait_for_function(DRAWN, arg=path.read_text("utf-8").count(CHART_SCRIPT))
    yield request.param, page, trouble
    page.close()


def note(trouble: list[str], url: str) -> None:
    if not url.startswith(("file:", "data:", "blob:")):
        trouble.append(f"asked for {url}")


def test_nothing_is_cut_and_nothing_is_wider_than_its_column(opened):
    _, page, trouble = opened
    for mode in MODES:
        page.emulate_media(color_scheme=mode)
        seen = page.evaluate(LAYOUT)
        assert seen["wide"] == []
        assert seen["cut"] == []
        assert seen["scrolling"] == []
        assert seen["drawings"] == []
    assert trouble == []


def test_on_a_desk_the_chapters_show_all_of_their_code_and_tables(opened, name):
    width, page, _ = opened
    if width == "desk" and name in NOTEBOOKS:
        assert page.evaluate(LAYOUT)["scrollers"] == []


def test_text_can_be_read_in_light_and_dark(opened):
    _, page, _ = opened
    for mode in MODES:
        page.emulate_media(color_scheme=mode)
        page.wait_for_function(f"document.documentElement.dataset.theme === '{mode}'")
        faint = [
            (words, ink, on)
            for ink, on, words in page.evaluate(INKS)
            if contrast(ink, on) < MIN_CONTRAST
        ]
        assert faint == []


def test_charts_have_their_captions_below_and_code_is_folded(opened, name):
    _, page, _ = opened
    seen = page.evaluate(LAYOUT)
    if name in NOTEBOOKS:
        assert all(gap is not None and 0 <= gap < FARTHEST_CAPTION for gap in seen["captions"])
    assert seen["folded"]


def test_a_page_leads_to_the_one_before_and_the_one_after(opened, name):
    _, page, _ = opened
    links = " ".join(page.evaluate(LAYOUT)["links"])
    assert ("left-prev" in links) == (name != contents.NAMES[0])
    assert ("right-next" in links) == (name != contents.NAMES[-1])
