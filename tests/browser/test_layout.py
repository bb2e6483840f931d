"""The text of the pages: nothing is cut, nothing is wider than its column, all can be read."""

from typing import Any

import pytest
from contrast import contrast
from visits import WIDTHS, Visit

import contents

NOTEBOOKS = {path.stem for path in contents.NOTEBOOKS}
MIN_CONTRAST = 4.5
FARTHEST_CAPTION = 60


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((f"{name}.html", width), id=f"{name}.html-{width}")
        for name in contents.NAMES
        for width in WIDTHS
    ],
)
def text(request: pytest.FixtureRequest, visits: Any) -> Visit:
    """Every page of the table of contents at both widths."""
    return visits(*request.param)


def layouts(visit: Visit) -> list[dict[str, Any]]:
    return [seen.layout for seen in visit.seen.values()]


def test_nothing_is_cut_and_nothing_is_wider_than_its_column(text: Visit):
    for seen in layouts(text):
        assert seen["wide"] == []
        assert seen["cut"] == []
        assert seen["scrolling"] == []
        assert seen["drawings"] == []


def test_on_a_desk_the_chapters_show_all_of_their_code_and_tables(text: Visit):
    if text.width == "desk" and text.stem in NOTEBOOKS:
        assert [seen["scrollers"] for seen in layouts(text)] == [[], []]


def test_text_can_be_read_in_light_and_dark(text: Visit):
    for seen in text.seen.values():
        faint = [words for words in seen.inks if contrast(words[0], words[1]) < MIN_CONTRAST]
        assert faint == []


def test_charts_have_their_captions_below_and_code_is_folded(text: Visit):
    for seen in layouts(text):
        if text.stem in NOTEBOOKS:
            assert all(gap is not None and 0 <= gap < FARTHEST_CAPTION for gap in seen["captions"])
        assert seen["folded"]


def test_a_page_leads_to_the_one_before_and_the_one_after(text: Visit):
    links = " ".join(layouts(text)[0]["links"])
    assert ("left-prev" in links) == (text.stem != contents.NAMES[0])
    assert ("right-next" in links) == (text.stem != contents.NAMES[-1])
