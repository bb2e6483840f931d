"""What can be said of the built pages without a browser."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_PAGE_BYTES = 1_500_000


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, str]:
    paths = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    return {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_pages_are_small(pages):
    sizes = {name: len(html.encode()) for name, html in pages.items()}
    assert {name: size for name, size in sizes.items() if size > MAX_PAGE_BYTES} == {}


def test_no_page_names_a_foreign_script_style_or_image(pages):
    foreign = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="https?://[^"]+"')
    found = {name: foreign.findall(html) for name, html in pages.items()}
    assert {name: tags for name, tags in found.items() if tags} == {}


def test_every_page_has_a_description(pages):
    assert [name for name, html in pages.items() if '<meta name="description"' not in html] == []


def test_chapters_can_be_opened_in_colab(pages):
    address = "https://colab.research.google.com/github/confidence-neurons/confidence-neurons/blob/main/book"
    chapters = [path.stem for path in (ROOT / "book").glob("*.ipynb")]
    assert chapters
    for chapter in chapters:
        assert f"{address}/{chapter}.ipynb" in pages[f"{chapter}.html"]


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
