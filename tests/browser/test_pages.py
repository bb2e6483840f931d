"""What can be said of the built pages without a browser."""

import re
from pathlib import Path

import pytest
from visits import CHART_SCRIPT, FORMULA

import address
import site_links
from contents import NOTEBOOKS

MAX_PAGE_BYTES = 1_500_000
SET = address.current()
FIELDS = SET.fields(address.release_tag()) if SET else {}


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
    foreign = re.compile(
        r'<(?:script|link(?! rel="canonical")|img|iframe)\b[^>]*\b(?:src|href)="https?://[^"]+"'
    )
    found = {name: foreign.findall(html) for name, html in pages.items()}
    assert {name: tags for name, tags in found.items() if tags} == {}


def test_every_page_has_a_description(pages):
    assert [name for name, html in pages.items() if '<meta name="description"' not in html] == []


def test_every_page_says_what_a_link_to_it_shows(pages, site):
    tag = re.compile(r'<meta property="(og:[\w:]+)" content="([^"]+)" />')
    for name, html in pages.items():
        said = dict(tag.findall(html))
        assert {"og:title", "og:description"} <= set(said), name
        if "site" in FIELDS:
            assert said["og:url"] == f"{FIELDS['site']}/{name}"
            assert (site / said["og:image"].removeprefix(f"{FIELDS['site']}/")).is_file(), name
            assert f'<link rel="canonical" href="{said["og:url"]}" />' in html, name
        else:
            assert not {"og:url", "og:image"} & set(said), name
            assert "canonical" not in html, name


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


def test_chapters_open_in_colab_where_the_project_has_an_address(pages):
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        html = pages[f"{path.stem}.html"]
        if "launch" in FIELDS:
            assert f'href="{FIELDS["launch"]}/{path.name}"' in html
        else:
            assert "colab.research.google.com" not in html
            assert "source-repository-button" not in html


def test_links_within_the_site_lead_somewhere(site):
    assert list(site_links.broken(site, FIELDS.get("site", ""))) == []


def test_links_that_lead_out_lead_to_the_open_web(site):
    outside = site_links.external(site, FIELDS.get("site", ""))
    assert [link for link in outside if not link.startswith("https://")] == []
