"""Still figures of the playground: on a press, and not before, the playground takes their place."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from contrast import contrast
from playwright.sync_api import Browser, Locator, Page
from visits import PATIENCE_MS, WIDTHS

import contents

FIGURE, LOADER, FOLDER = 'class="cn-still"', "playground/embed.js", "/_static/playground/"
SCRIPT = "**/playground/playground.js"
MAX_LOADER_BYTES = 3000
MIN_CONTRAST = 4.5
CHAPTERS = [path.stem for path in contents.NOTEBOOKS if "cn-still" in path.read_text("utf-8")]
# What the rows of the still figure's table are called in the playground.
CALLED = {
    "before": "entropy-before",
    "after": "entropy-after",
    "change": "change",
    "through the scale": "through-scale",
    "directly": "direct",
    "final scale before": "scale-before",
    "final scale after": "scale-after",
}
OF_CONTROL = ("change", "through the scale", "directly")
NAMES = [*CALLED.values(), *(f"control-{CALLED[name]}" for name in OF_CONTROL)]
STILL = """(figure) => {
  const [bars, changes] = [...figure.querySelectorAll("table")].map((table) =>
    [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent)));
  return { bars, changes: changes.length ? changes : null };
}"""
LIVE = """([root, names]) => {
  const text = (row, name) => row.querySelector(`[data-value="${name}"]`).textContent;
  const place = ":is([data-part=numbers], [data-part=change])";
  return {
    bars: [...root.querySelector("[data-part=prediction]").querySelectorAll("[data-token]")].map(
      (row) => [row.dataset.token, text(row, "p-before"), text(row, "p-after")]),
    numbers: Object.fromEntries(names.map((name) => [
      name, root.querySelector(`${place} [data-value="${name}"]`).textContent])),
  };
}"""
WORDS = """() => {
  const paper = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!colour.endsWith(", 0)")) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const says = (e) => [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const texts = document.querySelectorAll(".cn-still *:not(style, option, :disabled)");
  return [...texts].filter((e) => e.getClientRects().length && says(e)).map(
    (e) => [getComputedStyle(e).color, paper(e), e.textContent]);
}"""
WIDE = """() => {
  const right = document.querySelector(".bd-article").getBoundingClientRect().right;
  return [...document.querySelectorAll(".cn-still *:not(option, .cn-spoken)")].filter(
    (e) => e.getBoundingClientRect().right > right + 1).map((e) => e.outerHTML.slice(0, 80));
}"""


def number(text: str) -> float:
    """The number of a text such as "+1.20" or "12.3 %", its minus of either kind."""
    return float(text.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ").split()[0])


@dataclass
class Opened:
    """A chapter at one width, and what it has asked for."""

    chapter: str
    page: Page
    home: str
    asked: list[str]

    @property
    def figure(self) -> Locator:
        """The first figure, still or alive."""
        return self.page.locator(".cn-still").first


@pytest.fixture(scope="module", params=[(w, c) for w in WIDTHS for c in CHAPTERS], ids="-".join)
def opened(request: pytest.FixtureRequest, browser: Browser, site: Path, address: str) -> Any:
    """A chapter, opened once; a desk reads from a server, a phone from the disk.

    The tests below come in the order of a reader: who looks, presses, turns, and leaves.
    """
    width, chapter = request.param
    home = address if width == "desk" else site.as_uri()
    viewport: Any = {"width": WIDTHS[width], "height": 900}
    page = browser.new_page(viewport=viewport, reduced_motion="reduce")
    page.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(SCRIPT, lambda route: route.abort())  # till a test lets it through
    page.goto(f"{home}/{chapter}.html", wait_until="load")
    yield Opened(chapter, page, home, asked)
    page.close()


@pytest.fixture(scope="module")
def still(opened: Opened) -> Any:
    """What the first figure shows before it is pressed."""
    return opened.figure.evaluate(STILL)


@pytest.fixture(scope="module")
def alive(opened: Opened, still: Any) -> Locator:
    """The first figure after its button was pressed by the keyboard."""
    opened.page.unroute(SCRIPT)
    opened.page.locator(".cn-still button").first.press("Enter")
    opened.page.locator(".cn-still .cn-embed").wait_for()
    return opened.figure


def live_numbers(root: Locator) -> Any:
    """What the playground shows in this place."""
    return root.page.evaluate(LIVE, [root.element_handle(), NAMES])


def test_there_are_figures_in_two_chapters_or_more():
    assert len(CHAPTERS) >= 2


def test_no_other_page_loads_anything_of_it(site: Path):
    for name in contents.NAMES:
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        assert (LOADER in html) == (FIGURE in html), name
        if name != "playground":
            assert "playground/playground." not in html, name
    assert (site / "_static" / LOADER).stat().st_size <= MAX_LOADER_BYTES


def test_print_leaves_the_button_out(opened: Opened):
    button = opened.page.locator(".cn-still button").first
    assert button.is_visible()
    opened.page.emulate_media(media="print")
    assert not button.is_visible()
    opened.page.emulate_media(media="screen")


def test_nothing_is_loaded_before_one_presses(opened: Opened):
    loaded = [urlsplit(url).path for url in opened.asked if FOLDER in url]
    assert [path.rpartition("/")[2] for path in loaded] == ["embed.js"]
    link = opened.figure.get_by_role("link", name="Open in the playground")
    state = opened.figure.get_attribute("data-state")
    assert state
    assert link.get_attribute("href") == f"{opened.home}/playground.html#{state}"


def test_where_it_cannot_be_loaded_the_figure_stays_and_says_so(opened: Opened):
    opened.figure.get_by_role("button", name="Turn it yourself").click()
    opened.figure.get_by_text("could not load").wait_for()
    assert opened.figure.locator("table.cn-bars").is_visible()


def test_it_is_reached_by_keys_and_fits_its_column(opened: Opened, alive: Locator):
    page = opened.page
    assert page.evaluate("document.activeElement.className") == "cn-embed"
    page.keyboard.press("Tab")
    assert alive.locator(":focus").count() == 1
    assert page.evaluate(WIDE) == []
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    seen = page.evaluate(WORDS)
    assert len(seen) > 40
    assert [words for ink, paper, words in seen if contrast(ink, paper) < MIN_CONTRAST] == []


def test_the_playground_agrees_with_the_figure(opened: Opened, still: Any, alive: Locator):
    live = live_numbers(alive)
    own = (opened.home, "data:", "blob:")
    assert [url for url in opened.asked if not url.startswith(own)] == []
    rows = zip(still["bars"], live["bars"][: len(still["bars"])], strict=True)
    for (token, before, after, _), (label, now, turned) in rows:
        assert label.replace("\N{OPEN BOX}", " ").strip() == token.strip()
        assert [number(now), number(turned)] == [number(before), number(after)]
    for name, turned, control in still["changes"]:
        assert number(live["numbers"][CALLED[name]]) == number(turned)
        if name in OF_CONTROL:
            assert number(live["numbers"][f"control-{CALLED[name]}"]) == number(control)


def test_the_link_follows_what_is_turned_there_and_back(opened: Opened, alive: Locator):
    if opened.chapter != CHAPTERS[-1]:
        return  # its neurons are held at their mean, which has no value to turn
    page, before = opened.page, live_numbers(alive)
    link = alive.get_by_role("link", name="Open in the playground").element_handle()
    field = alive.get_by_label("Value, as a number")
    value = field.input_value()
    field.fill("1.5")
    page.wait_for_function("(a) => a.hash.includes('value=1.5')", arg=link)
    field.fill(value)
    page.wait_for_function("(a) => !a.hash.includes('value=1.5')", arg=link)
    page.wait_for_function(
        f"([root, names, before]) => JSON.stringify(({LIVE})([root, names])) === before",
        arg=[
            alive.element_handle(),
            NAMES,
            json.dumps(before, separators=(",", ":"), ensure_ascii=False),
        ],
    )


def test_the_link_leads_to_the_playground_with_what_is_turned(opened: Opened, alive: Locator):
    live = live_numbers(alive)
    alive.get_by_role("link", name="Open in the playground").click()
    opened.page.locator(".cn-playground[data-phase=ready]").wait_for()
    assert live_numbers(opened.page.locator(".cn-playground")) == live


def test_without_scripts_and_in_print_the_figure_is_whole(browser: Browser, site: Path):
    page = browser.new_page(java_script_enabled=False)
    page.goto((site / f"{CHAPTERS[0]}.html").as_uri(), wait_until="load")
    page.emulate_media(media="print")
    figure = page.locator(".cn-still").first
    assert figure.locator("button").count() == 0
    assert figure.locator("svg:visible").count() == 3 * 8
    page.close()
