"""What the site's extensions make of plain Markdown, and what a page says of itself."""

import re
from typing import Any

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from myst_parser.parsers.docutils_ import Parser

import page_head
import reading_aids


def read(markdown: str) -> nodes.document:
    doctree = publish_doctree(markdown, parser=Parser())
    app: Any = None
    reading_aids.name_parts(app, doctree)
    return doctree


@pytest.mark.parametrize(
    ("markdown", "anchors"),
    [
        ("*Figure 3.2.* Its message.", ["figure-3-2"]),
        ("*Figure A.1.* Its message.\n\nMore.", ["figure-a-1"]),
        ("See *Figure 3.2.* above.", []),
        ("*Figure 3* shows it.", []),
        ("**Figure 3.2.** shows it.", []),
    ],
)
def test_captions_are_named(markdown, anchors):
    named = [p for p in read(markdown).findall(nodes.paragraph) if "cn-caption" in p["classes"]]
    assert [identifier for p in named for identifier in p["ids"]] == anchors


@pytest.mark.parametrize(
    ("markdown", "classes"),
    [
        ("> **Limits.** One model.", ["cn-box", "cn-box-limits"]),
        ("> **For doubters.** So.\n>\n> More.", ["cn-box", "cn-box-doubters"]),
        ("> **Others.** So.", []),
        ("> A **Limits.** So.", []),
    ],
)
def test_boxes_are_named(markdown, classes):
    (box,) = read(markdown).findall(nodes.block_quote)
    assert box["classes"] == classes


def test_a_page_is_described_by_its_first_paragraph():
    assert (
        page_head.description_of(read("# Title\n\nThe *first*\none.\n\nMore.")) == "The first one."
    )


def test_a_long_description_is_cut_after_a_word():
    said = page_head.description_of(read("words, " * 60))
    assert len(said) <= page_head.LONGEST + 2
    assert re.fullmatch(r"(words, )+words …", said)


@pytest.mark.parametrize("doctree", [None, read("# Title alone")])
def test_a_page_without_text_has_the_description_of_the_book(doctree):
    assert page_head.description_of(doctree) == page_head.DESCRIPTION


def test_what_a_page_says_is_escaped():
    tags = page_head.tags('A "title"', "a < b", "https://site", "page")
    assert '<meta property="og:title" content="A &quot;title&quot;" />' in tags
    assert '<meta name="description" content="a &lt; b" />' in tags
    assert '<meta property="og:url" content="https://site/page.html" />' in tags
    assert '<meta property="og:image" content="https://site/_static/pictures/card.png" />' in tags
