"""A still figure: its numbers, its words, what the page begins with, and what is refused."""

import re
from urllib.parse import parse_qs

import pytest

import confidence_neurons as cn
from confidence_neurons_book.playground.embed import Embed, playground
from confidence_neurons_book.playground.turn import CONTROL, TURNED
from references import bundled

TEXT = '"What is the matter?" asked the old <man> & sat down.'
GIVEN = {"title": "Where it <acts>", "at": 9, "how": "clamp", "value": 3}
SET = {
    "neurons": [43, 110],
    "how": "boost",
    "value": -1.5,
}


@pytest.fixture(scope="module")
def model():
    return cn.load_light("prose")


@pytest.fixture(scope="module")
def figure(model) -> Embed:
    return playground(model, TEXT, **GIVEN)


@pytest.fixture(scope="module")
def html(figure) -> str:
    return figure._repr_html_()


def cells(html: str) -> list[str]:
    return re.findall(r"<td[^>]*>([^<]*)", html)


def test_what_stands_in_the_picture_stands_in_the_text(figure, html):
    words = repr(figure).replace("\n", " ").split()
    numbers = [cell.removesuffix("&nbsp;%") for cell in cells(html)]
    assert len(numbers) == 8 * 3 + 7 * 3  # names of the rows are cells of the second table
    assert all(word in words for number in numbers for word in number.split())
    assert repr(figure).startswith("Where it <acts>: ")
    assert "␣the[␣old]" in repr(figure)


def test_bars_are_as_long_as_their_probabilities(figure, html):
    bars = [float(width) for width in re.findall(r'rect width="(\d+)%"', html)]
    chances = figure.predictions.drop(columns="token").to_numpy()
    assert bars == pytest.approx((100 * chances / chances.max()).flatten().tolist(), abs=1)
    assert max(bars) == 100


def test_the_text_is_whole_and_shows_its_token(html):
    text = re.search(r'<p class="cn-words" dir="auto">(.*)</p>', html)
    assert text is not None
    assert text[1].replace("<mark>old</mark>", "old") == (
        '"What is the matter?" asked the old &lt;man&gt; &amp; sat down.'
    )
    assert text[1].count("<mark>") == 1


def test_a_screen_reader_hears_what_it_shows(figure, html):
    before, after = (figure.changes[TURNED][when] for when in ("before", "after"))
    assert f"{before:.2f} nats as it is, {after:.2f} turned" in figure.description
    assert f"{figure.changes[CONTROL]['after']:.2f} with the control" in figure.description
    assert f'role="figure" aria-label="{figure.description}"' in html
    assert html.count('scope="row"') == 8
    assert html.count("<svg") == html.count('<svg aria-hidden="true"')


def test_it_needs_no_script_and_asks_for_nothing(html):
    assert not re.search(r"<script|https?:|url\(|<img|<link", html)


def test_the_page_begins_with_the_same_turn(figure, html):
    asked = {key: value for key, (value,) in parse_qs(figure.address).items()}
    assert asked == {
        "text": TEXT,
        "at": "9",
        "neurons": ",".join(map(str, cn.recorded_groups("prose")["entropy"])),
        "how": "clamp",
        "value": "3",
    }
    assert f'data-state="{figure.address.replace("&", "&amp;")}"' in html


def test_the_address_has_all_that_was_asked_for(model):
    asked = parse_qs(playground(model, TEXT, title="All", **SET).address)
    assert asked["at"] == ["18"]  # the last token
    assert asked["neurons"] == ["43,110"]
    assert asked["how"] == ["boost"]
    assert asked["value"] == ["-1.5"]


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        ({}, "the 9 entropy neurons held at their means. Control: 9 random neurons"),
        ({"neurons": "frequency"}, "the 6 token frequency neurons held at their means."),
        ({"neurons": [5]}, "neuron 5 held at its mean. Control: a random neuron"),
        ({"neurons": [5, 6], "how": "boost", "value": 2}, "neurons 5, 6 multiplied by 2."),
        ({"how": "clamp", "value": 2.5}, "held at 2.5."),
    ],
)
def test_the_turn_is_told_in_words(model, turn, words):
    figure = playground(model, TEXT, title="Words", **turn)
    assert words in figure.words
    assert figure.words in repr(figure)
    assert figure.words in figure._repr_html_()


def test_either_way_to_hold_the_model_gives_the_same_figure(html):
    assert playground(bundled("prose"), TEXT, **GIVEN)._repr_html_() == html


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"text": " "}, ValueError, "expected text, got none"),
        ({"at": 99}, ValueError, "expected the token at from 0 to 18, got 99"),
        ({"neurons": "all"}, ValueError, "a group of neurons among entropy, frequency"),
        ({"neurons": [512]}, ValueError, "expected neurons from 0 to 511, got 512"),
        ({"neurons": [5, 5]}, ValueError, "once"),
        ({"neurons": []}, ValueError, "at least one of neurons"),
        ({"how": "cut"}, ValueError, "expected how among mean, clamp, boost"),
        ({"value": None}, TypeError, "expected a value as a number"),
        ({"value": float("nan")}, ValueError, "finite number from -100 to 100"),
    ],
)
def test_what_cannot_be_turned_is_refused(model, wrong, error, message):
    with pytest.raises(error, match=message):
        playground(model, **{"text": TEXT, **GIVEN, **wrong})


def test_only_the_model_of_the_playground_is_shown():
    with pytest.raises(ValueError, match=r"expected the model 'prose', .* got 'prose-no-norm'"):
        playground(cn.load_light("prose-no-norm"), TEXT, **GIVEN)
