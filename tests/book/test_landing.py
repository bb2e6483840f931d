"""The landing page's figure shows what the model says, and what its caption claims."""

import html
import json
import re

import pytest

import draw_landing

SHOWN = draw_landing.HERO.read_text(encoding="utf-8")
TOLERANCE = 2e-4


@pytest.fixture(scope="module")
def moves() -> dict:
    data = re.search(r'data-hero="([^"]*)"', SHOWN)
    assert data is not None
    return json.loads(html.unescape(data.group(1)))


def test_the_numbers_are_those_of_the_model(moves):
    found = draw_landing.measure()
    for path in ("free", "frozen"):
        for shown, measured in zip(moves[path], found[path], strict=True):
            assert shown["shares"] == pytest.approx(measured["shares"], abs=TOLERANCE)
            assert shown["entropy"] == pytest.approx(measured["entropy"], abs=10 * TOLERANCE)
    assert re.findall(r'cn-hero-token">([^<]*)<', SHOWN) == [
        *found["tokens"],
        draw_landing.OTHERS,
    ]


def test_the_levels_are_those_that_the_neuron_takes(moves):
    assert moves["levels"] == draw_landing.LEVELS
    low, high = draw_landing.activations()
    assert low <= moves["levels"][0] < moves["levels"][-1] <= high


def test_the_best_guesses_keep_their_order(moves):
    for step in moves["free"]:
        best = step["shares"][: draw_landing.TOKENS]
        assert best == sorted(best, reverse=True)


def test_the_bars_flatten_and_most_of_it_goes_when_the_scale_is_frozen(moves):
    entropies = [step["entropy"] for step in moves["free"]]
    assert entropies == sorted(entropies)
    free, frozen = (
        moves[path][-1]["entropy"] - moves[path][0]["entropy"] for path in ("free", "frozen")
    )
    assert frozen < free / 3


def test_the_picture_of_links_has_the_size_that_the_pages_say():
    picture = draw_landing.CARD.read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    size = tuple(int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert size == draw_landing.CARD_SIZE
