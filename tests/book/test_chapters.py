"""Every chapter keeps the rules, and what the book ships stays small."""

from pathlib import Path

import altair
import pytest
import yaml

import notebook_rules as rules
import refresh_outputs

ROOT = Path(__file__).parents[2]
DATA = ROOT / "lib" / "confidence_neurons" / "data"
MAX_DATA_BYTES = 30_000_000
MAX_FILE_BYTES = 12_000_000

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
FILES = [TOC["root"], *(entry["file"] for entry in TOC["chapters"])]
PAGES = [ROOT / "book" / f"{name}.ipynb" for name in FILES]
CHAPTERS = [path for path in PAGES if path.is_file()]


def named(path: Path) -> str:
    return path.stem


def test_every_notebook_is_a_chapter():
    assert refresh_outputs.chapter_paths() == CHAPTERS


@pytest.mark.parametrize("name", FILES)
def test_every_page_exists(name):
    assert any((ROOT / "book" / f"{name}{suffix}").is_file() for suffix in (".md", ".ipynb"))


@pytest.mark.parametrize("rule", rules.RULES)
@pytest.mark.parametrize("path", CHAPTERS, ids=named)
def test_chapter_keeps_rule(path, rule):
    assert rule(refresh_outputs.read(path)) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=named)
def test_chapter_is_normalised(path):
    assert refresh_outputs.is_normalised(path), "run `make outputs`"


@pytest.mark.parametrize("path", CHAPTERS, ids=named)
def test_charts_ask_for_the_vega_that_the_site_holds(path):
    text = path.read_text(encoding="utf-8")
    if "maybeLoadScript" in text:
        for library, version in {
            "vega": altair.VEGA_VERSION,
            "vega-lite": altair.VEGALITE_VERSION,
            "vega-embed": altair.VEGAEMBED_VERSION,
        }.items():
            assert text.count(f'maybeLoadScript(\\"{library}\\", \\"{version}\\")') == text.count(
                f'maybeLoadScript(\\"{library}\\", '
            )


def test_bundled_data_is_small():
    sizes = {path: path.stat().st_size for path in DATA.rglob("*") if path.is_file()}
    assert sizes
    assert sum(sizes.values()) <= MAX_DATA_BYTES
    assert max(sizes.values()) <= MAX_FILE_BYTES
