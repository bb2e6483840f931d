"""A frame as a table: rounded, without minus zero, the same in HTML and in plain text."""

import re

import pandas as pd
import pytest

from confidence_neurons_book.table import table

FRAME = pd.DataFrame(
    {
        "group": ["entropy", "random"],
        "change": [0.1234, -0.0004],
        "tokens": [7, 12],
        "found": [True, False],
        "share": [1.0, float("nan")],
    }
)


def printed(*args, **kwargs) -> list[str]:
    return [line.rstrip() for line in repr(table(*args, **kwargs)).splitlines()]


def cells(html: str, tag: str) -> list[str]:
    return re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html)


def test_floats_are_rounded_and_everything_else_stays():
    assert printed(FRAME) == [
        "  group  change  tokens  found  share",
        "entropy    0.12       7   True   1.00",
        " random    0.00      12  False      -",
    ]


def test_the_html_says_the_same_as_the_text():
    html = table(FRAME)._repr_html_()
    text = printed(FRAME)
    assert cells(html, "th") == text[0].split()
    assert cells(html, "td") == [word for line in text[1:] for word in line.split()]


def test_the_number_of_digits_can_be_chosen():
    assert printed(FRAME[["change"]], digits=4)[1:] == [" 0.1234", "-0.0004"]
    assert cells(table(FRAME[["change"]], 4)._repr_html_(), "td") == ["0.1234", "-0.0004"]


def test_an_index_with_a_name_is_shown():
    named = FRAME.set_index("group")["change"]
    assert printed(named) == ["         change", "group", "entropy    0.12", "random     0.00"]
    assert cells(table(named)._repr_html_(), "th") == ["group", "change"]


def test_so_are_several_of_which_one_has_a_name():
    frame = FRAME.set_index(["group", "tokens"]).rename_axis(["group", None])
    assert printed(frame["change"])[-2:] == ["entropy 7     0.12", "random  12    0.00"]


def test_a_caption_stands_above():
    shown = table(FRAME, caption="Rho < 1 & more")
    assert repr(shown).splitlines()[0] == "Rho < 1 & more"
    assert cells(shown._repr_html_(), "caption") == ["Rho &lt; 1 &amp; more"]


def test_texts_are_escaped():
    html = table(pd.DataFrame({"a<b": ["<i>&"]}))._repr_html_()
    assert cells(html, "th") == ["a&lt;b"]
    assert cells(html, "td") == ["&lt;i&gt;&amp;"]


@pytest.mark.parametrize(("column", "side"), [("tokens", "right"), ("found", "left")])
def test_numbers_stand_at_the_right(column, side):
    assert table(FRAME[[column]])._repr_html_().count(f"text-align: {side}") == 3
