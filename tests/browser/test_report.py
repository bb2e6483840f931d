"""The report of a scan, opened from the disk with the network cut, in light and dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contrast import contrast
from playwright.sync_api import Browser, ConsoleMessage, Page
from typer.testing import CliRunner

from confidence_neurons.command.app import app

MIN_CONTRAST = 4.5
PATIENCE_MS = 60_000
FEW = ["--tokens", "512", "--length", "64"]
LOOK = """() => {
  const paper = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!colour.endsWith(", 0)")) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const ink = (elements, property) => [...elements].map(
    (e) => [getComputedStyle(e)[property], paper(e), e.textContent.slice(0, 30)]);
  const labels = ["axis-label", "axis-title", "title-text", "legend-label", "legend-title"].map(
    (role) => `.role-${role} text`).join(", ");
  const charts = [...document.querySelectorAll(".vega-embed")].map((chart) => {
    const svg = chart.querySelector("svg.marks");
    const edge = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent);
    return {
      drawn: edge.width > 50 && edge.height > 50,
      wide: edge.right > document.documentElement.clientWidth + 1,
      cut: texts.filter((text) => {
        const box = text.getBoundingClientRect();
        return box.left < edge.left - 1 || box.right > edge.right + 1
          || text.textContent.endsWith("…");
      }).map((text) => text.textContent),
      words: (chart.closest("[aria-label]") ?? chart.querySelector("[aria-label]"))
        ?.getAttribute("aria-label") ?? "",
      points: svg.querySelectorAll(".role-mark.mark-symbol path").length,
    };
  });
  return {
    charts,
    places: document.querySelectorAll("[data-chart]").length,
    inks: [
      ...ink(document.querySelectorAll(labels), "fill"),
      ...ink(document.querySelectorAll("p, li, dd, dt, th, td, a, h1, h2, summary, button, pre"),
             "color"),
    ],
    width: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
    headings: [...document.querySelectorAll("h1, h2")].map((e) => e.tagName),
    language: document.documentElement.lang,
  };
}"""
DRAWN = """() => document.querySelectorAll(".vega-embed svg.marks").length
  === document.querySelectorAll("[data-chart]").length"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report and a comparison."""
    place = tmp_path_factory.mktemp("report")
    for arguments in (
        ["scan", "prose", *FEW, "-o", str(place / "scan")],
        ["compare", str(place / "scan"), "prose-no-norm", *FEW, "-o", str(place / "compare")],
    ):
        said = CliRunner().invoke(app, arguments)
        assert said.exit_code == 0, said.output
    return {
        "report": place / "scan" / "report.html",
        "comparison": place / "compare" / "compare.html",
    }


@pytest.fixture(scope="module", params=["report", "comparison"])
def path(request: pytest.FixtureRequest, pages: dict[str, Path]) -> Path:
    return pages[request.param]


@pytest.fixture(scope="module", params=["light", "dark"])
def mode(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module", params=[1280, 390], ids=["desk", "phone"])
def opened(
    request: pytest.FixtureRequest, browser: Browser, path: Path, mode: Any
) -> Iterator[tuple[Page, list[str]]]:
    """The page, opened once for all tests, and everything that it complained of or asked for."""
    context = browser.new_context(
        color_scheme=mode, viewport={"width": request.param, "height": 900}, offline=True
    )
    page, trouble = context.new_page(), []

    def note(message: ConsoleMessage) -> None:
        trouble.append(f"console {message.type}: {message.text}")

    def asked(url: str) -> None:
        if not url.startswith(("file:", "data:")) or url == "file:///favicon.ico":
            trouble.append(f"asked for {url}")

    page.on("console", note)
    page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
    page.on("requestfailed", lambda failed: trouble.append(f"failed: {failed.url}"))
    page.on("request", lambda wanted: asked(wanted.url))
    page.goto(path.as_uri(), wait_until="load")
    page.wait_for_function(DRAWN, timeout=PATIENCE_MS)
    yield page, trouble
    context.close()


def test_the_page_opens_from_the_disk_without_a_network(opened, mode):
    page, trouble = opened
    seen = page.evaluate(LOOK)
    assert trouble == []
    assert len(seen["charts"]) == seen["places"] >= 2
    for chart in seen["charts"]:
        assert chart["drawn"]
        assert not chart["wide"]
        assert chart["cut"] == []
        assert len(chart["words"]) > 40
        assert chart["points"] > 0
    assert seen["width"] <= seen["window"]
    assert seen["language"] == "en"
    assert seen["headings"][0] == "H1"
    assert seen["headings"].count("H1") == 1
    faint = [
        (words, ink, on) for ink, on, words in seen["inks"] if contrast(ink, on) < MIN_CONTRAST
    ]
    assert faint == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (contrast(ground, "rgb(255, 255, 255)") > 10) == (mode == "dark")


def test_a_button_that_the_keyboard_reaches_turns_light_into_dark(opened, mode):
    page, trouble = opened
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Tab")
    other = "Light mode" if mode == "dark" else "Dark mode"
    assert page.evaluate("document.activeElement.textContent") == other
    page.keyboard.press("Enter")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    seen = page.evaluate(LOOK)
    assert [words for ink, on, words in seen["inks"] if contrast(ink, on) < MIN_CONTRAST] == []
    assert trouble == []
