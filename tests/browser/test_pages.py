"""What can be said of the built pages without a browser."""

import re
from pathlib import Path

import pytest
from visits import CHART_SCRIPT, FORMULA

from contents import NOTEBOOKS

MAX_PAGE_BYTES = 1_500_000


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, str]:
    paths = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    return {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_pages_are_small(pages):
    sizes = {name: len(html.encode()) for name, html in pages.items()}
    assert {name: size for name, size in sizes.items() if size > MAX_PAGE_BYTES} == {}


def test_there_are_charts_and_formulas_to_look_at(pages):
    assert any(CHART_SCRIPT in html for html in pages.values())
    assert any(FORMULA in html for html in pages.values())


def test_no_page_names_a_foreign_script_style_or_image(pages):
    foreign = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="https?://[^"]+"')
    found = {name: foreign.findall(html) for name, html in pages.items()}
    assert {name: tags for name, tags in found.items() if tags} == {}


def test_every_page_has_a_description(pages):
    assert [name for name, html in pages.items() if '<meta name="description"' not in html] == []


def test_every_page_says_what_a_link_to_it_shows(pages, site):
    tag = re.compile(r'<meta property="(og:[\w:]+)" content="([^"]+)" />')
    for name, html in pages.items():
        said = dict(tag.findall(html))
        assert {"og:title", "og:description", "og:url", "og:image:alt"} <= set(said), name
        address = said["og:url"].removesuffix(name)
        assert (address + name, address[:8]) == (said["og:url"], "https://"), name
        assert (site / said["og:image"].removeprefix(address)).is_file(), name


def test_pages_have_descriptions_and_titles_of_their_own(pages):
    said = {
        name: re.findall(r'property="og:(?:title|description)" content="([^"]+)"', html)
        for name, html in pages.items()
    }
    chapters = [tuple(said[f"{path.stem}.html"]) for path in NOTEBOOKS]
    assert len(set(chapters)) == len(chapters)
    assert all("<" not in text for texts in said.values() for text in texts)


def test_there_is_an_icon(pages, site):
    assert (site / "_static" / "favicon.svg").is_file()
    assert all('<link rel="icon" href=' in html for html in pages.values())


def test_chapters_can_be_opened_in_colab(pages):
    address = "https://colab.research.google.com/github/confidence-neurons/confidence-neurons/blob/main/book"
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        assert f"{address}/{path.name}" in pages[f"{path.stem}.html"]


def test_links_between_pages_lead_somewhere(pages):
    link = re.compile(
        r'<a\b[^>]*\bhref="(?!https?:|mailto:|javascript:|_sources/|_static/)([^"]*)"'
    )
    for name, html in pages.items():
        for target in link.findall(html):
            page, _, anchor = target.partition("#")
            there = pages.get(page or name)
            assert there is not None, f"{name} links to {target}"
            assert not anchor or f'id="{anchor}"' in there, f"{name} links to {target}"
