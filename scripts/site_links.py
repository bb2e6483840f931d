"""The links of a built site: those within it that lead nowhere, and those that lead out of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

LINKING = ("href", "src", "poster")
NO_PLACE = ("javascript", "mailto", "data", "tel")  # schemes of what is no place to go to
THEME = "_static"  # its pages are no pages of the site


@dataclass
class Page:
    """What a page links to, and the anchors that can be linked to."""

    links: set[str] = field(default_factory=set)
    anchors: set[str] = field(default_factory=set)


class Reader(HTMLParser):
    """Reads a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.page = Page()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a tag leads, and what it is called."""
        for name, value in attrs:
            if value and name in LINKING:
                self.page.links.add(value)
            if value and (name == "id" or (tag == "a" and name == "name")):
                self.page.anchors.add(value)


def read_pages(site: Path) -> dict[str, Page]:
    """Read the pages of a site, by their names."""
    paths = [path for path in sorted(site.rglob("*.html")) if THEME not in path.parts]
    return {
        path.relative_to(site).as_posix(): Reader(path.read_text(encoding="utf-8")).page
        for path in paths
    }


def broken(site: Path, address: str = "") -> Iterator[str]:
    """Yield the links within a site that lead nowhere, with the reason.

    Parameters
    ----------
    site : Path
        The folder of the built site.
    address : str
        Where it will be: links to there are links within it.
    """
    pages = read_pages(site)
    for name, page in pages.items():
        folder = PurePosixPath(name).parent
        for link in sorted(page.links):
            if _is_own(link, address):
                inner = link.removeprefix(address).lstrip("/")
                reason = _reason(site, pages, inner, PurePosixPath(), "index.html")
            elif is_external(link):
                continue
            else:
                reason = _reason(site, pages, link, folder, name)
            if reason:
                yield f"{name}: {link} {reason}"


def _reason(
    site: Path, pages: dict[str, Page], link: str, folder: PurePosixPath, here: str
) -> str | None:
    """Say why a link leads nowhere, from a folder; without a path it leads to the page `here`."""
    parts = urlsplit(link)
    if parts.scheme in NO_PLACE:
        return None
    path = unquote(parts.path)
    target = normpath(folder / path) if path else here
    if parts.scheme or path.startswith("/") or target.startswith(".."):
        return "leads out of the site's folder"
    if (site / target).is_dir():
        target = normpath(f"{target}/index.html")
    if not (site / target).is_file():
        return "is not there"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].anchors:
        return "has no such anchor"
    return None


def is_external(link: str) -> bool:
    """Say whether a link leads to another site."""
    return link.startswith(("http://", "https://", "//"))


def _is_own(link: str, address: str) -> bool:
    return bool(address) and (link == address or link.startswith(f"{address}/"))


def external(site: Path, address: str = "") -> dict[str, list[str]]:
    """Return the links that lead out of a site at an address, each with its pages."""
    found: dict[str, list[str]] = {}
    for name, page in read_pages(site).items():
        for link in page.links:
            if is_external(link) and not _is_own(link, address):
                found.setdefault(link, []).append(name)
    return dict(sorted(found.items()))
