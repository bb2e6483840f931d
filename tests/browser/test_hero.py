"""The landing page: a figure that moves and can be stopped, a map, doors, a picture for links."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from visits import opened

import contents

BARS = """() => [...document.querySelectorAll(".cn-hero-bar")].map(
  (bar) => bar.getBoundingClientRect().width)"""
ENTROPY = "() => document.querySelector('.cn-hero output').textContent"


@pytest.fixture(params=["no-preference", "reduce"])
def motion(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def page(browser: Browser, site: Path, motion: Any) -> Iterator[Page]:
    with opened(browser, "desk", offline=True, reduced_motion=motion) as (page, trouble):
        page.goto((site / "index.html").as_uri(), wait_until="load")
        yield page
        assert trouble.complaints == []


@pytest.fixture
def still(browser: Browser, site: Path) -> Iterator[Page]:
    with opened(browser, "desk", offline=True, reduced_motion="reduce") as (page, _):
        page.goto((site / "index.html").as_uri(), wait_until="load")
        yield page


def moves(page: Page) -> bool:
    before = page.evaluate(BARS)
    page.wait_for_timeout(1500)
    return page.evaluate(BARS) != before


def test_the_figure_moves_unless_the_reader_wants_no_motion(page, motion):
    assert moves(page) == (motion == "no-preference")
    page.locator(".cn-hero button").press("Enter")
    assert moves(page) == (motion == "reduce")


def test_the_slider_flattens_the_bars_and_keeps_their_order(page):
    slider = page.locator(".cn-hero input[type=range]")
    slider.press("Home")
    sharp, low = page.evaluate(BARS), page.evaluate(ENTROPY)
    slider.press("End")
    flat, high = page.evaluate(BARS), page.evaluate(ENTROPY)
    assert not moves(page)
    assert float(high.split()[0]) > float(low.split()[0]) + 1
    for bars in (sharp, flat):
        assert bars[:5] == sorted(bars[:5], reverse=True)
    assert flat[0] < sharp[0]
    assert high in (slider.get_attribute("aria-valuetext") or "")


def test_a_frozen_scale_takes_the_power_away(page):
    slider, frozen = (
        page.locator(".cn-hero input[type=range]"),
        page.get_by_label("Freeze the scale"),
    )
    spread = []
    for _ in range(2):
        ends = []
        for key in ("Home", "End"):
            slider.press(key)
            ends.append(float(page.evaluate(ENTROPY).split()[0]))
        spread.append(ends[1] - ends[0])
        frozen.press("Space")
    assert spread[1] < spread[0] / 3


def test_there_is_a_map_in_words_and_a_card_for_each_chapter(still):
    drawn = still.locator("svg.cn-map:visible")
    assert drawn.count() == 1
    assert "Entropy neurons" in drawn.locator("desc").inner_html()
    targets = still.eval_on_selector_all(
        ".cn-chapters a.sd-stretched-link", "(links) => links.map((a) => a.getAttribute('href'))"
    )
    assert targets == [f"{path.stem}.html" for path in contents.NOTEBOOKS]
    assert still.locator(".cn-chapters svg.cn-thumb").count() == len(targets)
    assert still.locator(".cn-doors .sd-card").count() == 3


def test_the_walk_is_numbered_in_the_sidebar(still):
    entries = still.locator("nav.bd-links .toctree-l1 > a").all_inner_texts()
    numbered = [entry for entry in entries if entry[:1].isdigit()]
    parts = [part for part in contents.TOC["parts"] if part.get("numbered")]
    walk = [chapter for part in parts for chapter in part["chapters"]]
    assert [entry.partition(".")[0] for entry in numbered] == [
        str(n) for n in range(1, len(walk) + 1)
    ]
