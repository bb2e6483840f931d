"""The decks, opened once each from the disk without a network: every figure is drawn and seen."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from visits import CHART_SCRIPT, SITE, Trouble, note_request, opened

from contents import NOTEBOOKS

DECKS = [f"_static/slides/{path.stem}.html" for path in NOTEBOOKS]
READY = """(charts) => Reveal.isReady()
  && document.querySelectorAll(".vega-embed svg.marks").length === charts
  && document.querySelectorAll(".math").length
    === document.querySelectorAll(".math mjx-container > svg").length"""
SLIDES = "[...document.querySelectorAll('.slides > section')]"
SEEN = """() => {
  const slide = Reveal.getCurrentSlide();
  const marks = [...slide.querySelectorAll("svg.marks, .cn-text, .cn-still, table")];
  const shown = (element) => {
    const { left, right, width, height } = element.getBoundingClientRect();
    return width > 100 && height > 40 && left >= 0 && right <= innerWidth + 1;
  };
  return {
    title: slide.querySelector("h1, h2").innerText,
    figure: slide.matches(":has(.deck-figure)"),
    whole: marks.length > 0 && marks.every(shown) && slide.scrollHeight - slide.clientHeight <= 1,
  };
}"""
PAPER = """() => [...document.querySelectorAll(".slides > section")].map((slide) => ({
  top: slide.getBoundingClientRect().top, visible: getComputedStyle(slide).visibility,
}))"""


def open_deck(page: Page, trouble: Trouble, name: str) -> None:
    page.on("request", lambda asked: note_request(trouble, asked.url, SITE.as_uri()))
    page.goto((SITE / name).as_uri(), wait_until="load")
    html = (SITE / name).read_text(encoding="utf-8")
    page.wait_for_function(READY, arg=html.count(CHART_SCRIPT))


@pytest.fixture(scope="module", params=DECKS)
def deck(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Any]:
    """A deck on a desk, and what goes wrong in it."""
    with opened(browser, "desk", offline=True) as (page, trouble):
        open_deck(page, trouble, request.param)
        yield page, trouble


def test_every_slide_is_seen_whole(deck):
    page, trouble = deck
    count = page.evaluate(f"{SLIDES}.length")
    assert 6 <= count <= 12
    seen = []
    for place in range(count):
        page.wait_for_function(f"Reveal.getIndices().h === {place}")
        page.wait_for_function(f"((slide) => !slide.figure || slide.whole)(({SEEN})())")
        seen.append(page.evaluate(SEEN))
        page.keyboard.press("ArrowRight")
    assert [slide["title"] for slide in seen if not slide["title"].strip()] == []
    assert sum(slide["figure"] for slide in seen) >= 3
    for before, slide in pairwise(seen):
        assert not slide["figure"] or before["title"].endswith("?")
    assert (trouble.complaints, trouble.foreign) == ([], [])


def test_in_print_every_slide_is_a_page(deck):
    page, _ = deck
    page.emulate_media(media="print")
    slides = page.evaluate(PAPER)
    assert {slide["visible"] for slide in slides} == {"visible"}
    tops = [slide["top"] for slide in slides]
    assert tops == sorted(set(tops))
    pdf = page.pdf(format="A4", landscape=True)
    assert len(re.findall(rb"/Type /Page\b", pdf)) == len(slides)
    page.emulate_media(media="screen")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_deck_can_be_read_on_a_phone(browser, site, mode):
    with opened(browser, "phone", offline=True, color_scheme=mode) as (page, trouble):
        open_deck(page, trouble, DECKS[0])
        assert page.evaluate("document.documentElement.dataset.theme") == mode
        for _ in range(3):
            page.keyboard.press("ArrowRight")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate(SEEN)["title"]
        size = page.evaluate("getComputedStyle(Reveal.getCurrentSlide()).fontSize")
        assert float(size.removesuffix("px")) >= 16
        assert trouble.complaints == []


def test_the_speaker_has_notes(browser, site):
    with opened(browser, "desk", offline=True) as (page, trouble):
        open_deck(page, trouble, DECKS[0])
        page.keyboard.press("ArrowRight")
        with page.expect_popup() as opening:
            page.keyboard.press("s")
        notes = opening.value.locator(".speaker-controls-notes .value")
        notes.filter(has_text="B. The order stays").wait_for(timeout=20_000)
        assert trouble.complaints == []
