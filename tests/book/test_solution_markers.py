"""The comments that mark solutions are gone from what the site reads, and nothing else is."""

import json

import pytest

import marked
import solution_markers
from contents import NOTEBOOKS


def cells(notebook):
    return json.loads(notebook)["cells"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_only_the_comments_are_gone(path):
    text = path.read_text(encoding="utf-8")
    before, after = cells(text), cells(solution_markers.without_markers(text))
    for old, new in zip(before, after, strict=True):
        kept = [
            line
            for line in "".join(old["source"]).split("\n")
            if line.strip() not in (marked.BEGIN, marked.END)
        ]
        assert new["source"].split("\n") == kept
        assert {**old, "source": ""} == {**new, "source": ""}


def test_the_markers_are_those_of_the_chapters():
    assert (marked.BEGIN, marked.END) == solution_markers.MARKERS
