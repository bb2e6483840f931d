"""Every chapter keeps the rules, and what the book ships stays small."""

import re
from pathlib import Path

import altair
import pytest

import notebook_rules as rules
import refresh_outputs
from contents import NAMES, NOTEBOOKS

ROOT = Path(__file__).parents[2]
DATA = ROOT / "lib" / "confidence_neurons" / "data"
MAX_DATA_BYTES = 30_000_000
MAX_FILE_BYTES = 12_000_000

MAX_WORDS = 18_000  # of the chapters of the walk together
MAX_CHARTS = 45

WALK = [path for path in NOTEBOOKS if re.match(r"0[1-6]-", path.stem)]


def named(path: Path) -> str:
    return path.stem


def test_every_notebook_is_a_chapter():
    assert refresh_outputs.chapter_paths() == NOTEBOOKS


@pytest.mark.parametrize("name", NAMES)
def test_every_page_exists(name):
    assert any((ROOT / "book" / f"{name}{suffix}").is_file() for suffix in (".md", ".ipynb"))


@pytest.mark.parametrize("rule", rules.RULES)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_chapter_keeps_rule(path, rule):
    assert rule(refresh_outputs.read(path)) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_captions_name_the_chapter(path):
    told = " ".join(text for _, text in rules.markdown_cells(refresh_outputs.read(path)))
    named_by = {match.group(1) for match in rules.CAPTION.finditer(told)}
    assert named_by == {str(int(path.stem[:2])) if path.stem[:2].isdigit() else "A"}


def test_the_walk_is_short():
    walk = [refresh_outputs.read(path) for path in WALK]
    assert len(walk) == 6
    words = {path.stem: rules.words(notebook) for path, notebook in zip(WALK, walk, strict=True)}
    assert sum(words.values()) <= MAX_WORDS, words
    charts = {path.stem: len([*rules.charts(read)]) for path, read in zip(WALK, walk, strict=True)}
    assert sum(charts.values()) <= MAX_CHARTS, charts


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_chapter_is_normalised(path):
    assert refresh_outputs.is_normalised(path), "run `make outputs`"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
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
