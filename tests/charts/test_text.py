"""A text whose words stand on grounds."""

import re

import pandas as pd
import pytest

from confidence_neurons.charts import coloured_text

TOKENS = pd.DataFrame(
    {
        "token": ["Dear", "␣<Sir>", ",", "⏎"] * 2,
        "text": ["one"] * 4 + ["two"] * 4,
        "neuron": [7, 7, 8, 8] * 2,
        "fires": [0.0, 2.0, 4.0, 1.0] * 2,
        "added": [0.5, -1.0, 0.0, float("nan")] * 2,
    }
)
GIVEN = {
    "token": "token",
    "colours": {"fires": "activation", "added": "entropy added (nats)"},
    "title": "Where it <acts>",
    "description": "A text with orange words.",
}


def html_of(**more) -> str:
    return coloured_text(TOKENS, **{**GIVEN, **more})._repr_html_()


def words(html: str) -> list[tuple[str, str, str]]:
    """Style, what pointing says, and the word itself."""
    return re.findall(r'<span style="([^"]*)" data-says="([^"]*)">([^<]*)</span>', html)


def test_every_token_is_there_with_its_share_of_the_largest_value():
    found = words(html_of())
    assert [word for _, _, word in found] == ["Dear", " &lt;Sir&gt;", ",", "⏎\n"] * 2
    assert [style for style, _, _ in found[:4]] == [
        "--a:0;--b:0.5",
        "--a:0.5;--b:-1",
        "--a:1;--b:0",
        "--a:0.25",
    ]


def test_pointing_at_a_word_tells_its_numbers():
    _, says, _ = words(html_of(details={"neuron": "neuron"}))[1]
    assert says == "&lt;Sir&gt;: activation 2, entropy added (nats) \u22121, neuron 7"


def test_the_text_of_who_cannot_see_it_is_the_description():
    assert repr(coloured_text(TOKENS, **GIVEN)) == GIVEN["description"]
    assert f'aria-label="{GIVEN["description"]}"' in html_of()
    assert "Where it &lt;acts&gt;" in html_of()


def test_several_colours_are_chosen_by_buttons_and_one_is_not():
    assert html_of().count('type="radio"') == 2
    assert "radio" not in html_of(colours={"fires": "activation"})


def test_a_column_chooses_the_words():
    html = html_of(choose={"neuron": "Neuron"})
    assert "<legend>Neuron</legend>" in html
    assert [word for _, _, word in words(html)] == ["Dear", " &lt;Sir&gt;"] * 2 + [",", "⏎\n"] * 2
    assert words(html)[4][0] == "--a:1;--b:0"


def test_several_texts_have_their_names():
    assert re.findall(r'cn-name">(\w+)<', html_of(panel="text")) == ["one", "two"]


def test_the_same_text_gives_the_same_bytes_and_two_texts_do_not_share_buttons():
    assert html_of() == html_of()
    names = [set(re.findall(r'name="([^"]+)"', html_of(title=title))) for title in ("a", "b")]
    assert names[0].isdisjoint(names[1])


def test_the_page_needs_no_script_and_asks_for_nothing():
    assert not re.search(r"<script|https?:|url\(", html_of())


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"token": "nowhere"}, ValueError, "expected a column of the frame"),
        ({"colours": {}}, ValueError, "1 to 8 columns of numbers, got 0"),
        ({"colours": {"token": "token"}}, ValueError, "expected numbers in the column token"),
        ({"choose": {"neuron": "a", "text": "b"}}, ValueError, "one column to choose by"),
        ({"title": " "}, ValueError, "a title"),
    ],
)
def test_what_cannot_be_coloured_is_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        html_of(**wrong)
