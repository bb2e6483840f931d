"""A Chromium, a server for the built site, its pages, and a loud word if there is no Chromium."""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from gallery import write_gallery
from playwright.sync_api import Browser, sync_playwright
from visits import SITE, WIDTHS, Visit, page_names, visit
from xdist.scheduler import LoadScopeScheduling

from chapters.gallery import gallery as of_the_chapters

GALLERY = "gallery.htm"  # no page of the site
PAGE = re.compile(r"(?<=\[)[\w/-]+\.html?")  # in the name of a test
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no network at all
]
NO_CHROMIUM = "no Chromium found (on Debian: apt-get install chromium)"


def find_chromium() -> str | None:
    """Return the path of a Chromium or Chrome, or None."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files that the browser may keep, without a line on stderr for each."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "max-age=3600")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def site() -> Path:
    """The directory of the built site."""
    assert (SITE / "index.html").is_file(), f"expected a built site in {SITE}; run `make book`"
    return SITE


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The address at which the built site is served."""
    handler = partial(QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    path = find_chromium()
    if path is None:
        pytest.skip(NO_CHROMIUM)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def visits(browser: Browser, address: str) -> Callable[[str, str], Visit]:
    """A page at a width, opened when it is asked for the first time."""
    return cache(partial(visit, browser, address))


@pytest.fixture(scope="session")
def gallery(site: Path) -> Iterator[str]:
    """A page with every chart of the chapters, drawn from made-up numbers."""
    write_gallery(site, GALLERY, of_the_chapters())
    yield GALLERY
    (site / GALLERY).unlink()


@pytest.fixture(
    scope="session",
    params=[
        pytest.param((name, width), id=f"{name}-{width}")
        for name in [*page_names(), GALLERY]
        for width in WIDTHS
    ],
)
def visited(request: pytest.FixtureRequest, visits: Callable[[str, str], Visit]) -> Visit:
    """Every page, the gallery too, at both widths."""
    name, width = request.param
    if name == GALLERY:
        request.getfixturevalue("gallery")
    return visits(name, width)


class PageByPage(LoadScopeScheduling):
    """One process runs all tests of a page, so that it is opened by one alone; else of a file."""

    def _split_scope(self, nodeid: str) -> str:
        page = PAGE.search(nodeid)
        return page[0] if page else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> PageByPage:
    """Share the tests between processes."""
    return PageByPage(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say so, in red and after everything else, where the browser tests could not run."""
    yield
    if find_chromium() is None:
        bar: dict[str, Any] = {"red": True, "bold": True}
        terminalreporter.write_sep("!", "THE BROWSER TESTS DID NOT RUN", **bar)
        terminalreporter.write_line(f"Nobody looked at the pages: {NO_CHROMIUM}.", **bar)
        terminalreporter.write_sep("!", **bar)
