"""The pages of the built site, each opened once at each width; every test reads what was seen.

On a desk a page comes from a server, on a phone from the disk without a network.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, TimeoutError

import contents

HERE = Path(__file__).parent
SITE = HERE.parents[1] / "_build" / "html"
CHART_SCRIPT = "typeof VEGA_DEBUG"  # stands once in the HTML of each chart
FORMULA = 'class="math '
PATIENCE_MS = 120_000
WIDTHS = {"desk": 1280, "phone": 390}
HEIGHT = 900
MODES: tuple[Any, ...] = ("light", "dark")
# True when the colour mode is on and no chart and no formula is still being drawn.
SETTLED = """([mode, charts]) => {
  const drawn = document.querySelectorAll(".vega-embed svg.marks").length;
  const formulas = document.querySelectorAll(".math").length;
  const drawnFormulas = document.querySelectorAll(".math mjx-container > svg").length;
  return document.documentElement.dataset.theme === mode
    && drawn >= charts && drawnFormulas >= formulas;
}"""


def script(name: str) -> str:
    """Return the function in a file of JavaScript, without the comment above it."""
    return (HERE / name).read_text(encoding="utf-8").partition("\n")[2].strip(" ;\n")


LOOK, LAYOUT, INKS = script("look.js"), script("layout.js"), script("inks.js")


@dataclass
class Trouble:
    """What went wrong on a page, and what it asked other hosts for."""

    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@dataclass
class Seen:
    """What there is on a page in one colour mode: charts, text, and the colours of words."""

    charts: dict[str, Any]
    layout: dict[str, Any]
    inks: list[tuple[str, str, str]]


@dataclass
class Visit:
    """A page at one width, in both colour modes."""

    name: str
    width: str
    html: str
    seen: dict[str, Seen]
    trouble: Trouble

    @property
    def stem(self) -> str:
        """The page as the table of contents names it."""
        return self.name.removesuffix(".html")

    @property
    def charts(self) -> list[dict[str, Any]]:
        """Every chart, in one mode and in the other."""
        return [chart for seen in self.seen.values() for chart in seen.charts["charts"]]


def page_names() -> list[str]:
    """Return the pages of the table of contents and all others that the site has."""
    paths = [path.relative_to(SITE) for path in SITE.rglob("*.html")]
    found = {path.as_posix() for path in paths if "_static" not in path.parts}
    return sorted(found | {f"{name}.html" for name in contents.NAMES})


@contextmanager
def opened(browser: Browser, width: str, **options: Any) -> Iterator[tuple[Page, Trouble]]:
    """Open an empty page that notes what goes wrong."""
    viewport: Any = {"width": WIDTHS[width], "height": HEIGHT}
    page = browser.new_page(viewport=viewport, **options)
    page.set_default_timeout(PATIENCE_MS)
    trouble = Trouble()
    page.on("pageerror", lambda error: trouble.complaints.append(f"page error: {error}"))
    page.on("console", lambda message: note_console(trouble, message))
    page.on("requestfailed", lambda request: trouble.complaints.append(f"failed: {request.url}"))
    try:
        yield page, trouble
    finally:
        page.close()


def note_console(trouble: Trouble, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        trouble.complaints.append(f"console {message.type}: {message.text}")


def note_request(trouble: Trouble, url: str, home: str) -> None:
    if not url.startswith((home, "data:", "blob:")):
        trouble.foreign.append(url)


def visit(browser: Browser, address: str, name: str, width: str) -> Visit:
    """Open a page, wait for its charts and formulas, and look at it in light and dark mode."""
    html = (SITE / name).read_text(encoding="utf-8")
    home = address if width == "desk" else SITE.as_uri()
    with opened(browser, width, offline=width == "phone", reduced_motion="reduce") as (
        page,
        trouble,
    ):
        page.on("request", lambda asked: note_request(trouble, asked.url, home))
        page.goto(f"{home}/{name}", wait_until="load")
        seen = {}
        for mode in MODES:
            page.emulate_media(color_scheme=mode)
            wait_until_settled(page, trouble, mode, html.count(CHART_SCRIPT))
            # Pages outside of the table of contents have no column of text.
            has_column = name.removesuffix(".html") in contents.NAMES
            layout = page.evaluate(LAYOUT) if has_column else {}
            seen[mode] = Seen(page.evaluate(LOOK), layout, page.evaluate(INKS))
    return Visit(name, width, html, seen, trouble)


def wait_until_settled(page: Page, trouble: Trouble, mode: str, charts: int) -> None:
    try:
        page.wait_for_function(SETTLED, arg=[mode, charts])
    except TimeoutError:
        trouble.complaints.append(f"not drawn in {mode} mode after {PATIENCE_MS / 1000:.0f} s")
