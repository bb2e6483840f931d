"""Kinds of noise: what is replaced, and what natural text looks like."""

import re

import numpy as np
import pytest

from confidence_neurons.growing.noise import KINDS, NATURAL, REPLACING, natural_text

BODY = np.arange(100, 1100)
REPLACED = np.arange(1000) % 2 == 0
UNIGRAM = np.where(np.arange(2000) >= 1500, 1 / 500, 0.0)


@pytest.mark.parametrize("kind", REPLACING)
def test_only_what_is_to_be_replaced_is(kind):
    changed = REPLACING[kind](np.random.default_rng(0), BODY, REPLACED, UNIGRAM)
    assert (changed[~REPLACED] == BODY[~REPLACED]).all()
    assert (changed[REPLACED] != BODY[REPLACED]).mean() > 0.9
    assert BODY[0] == 100, "the text itself was changed"


def test_each_kind_draws_from_where_it_says():
    drawn = {
        kind: change(np.random.default_rng(0), BODY, REPLACED, UNIGRAM)[REPLACED]
        for kind, change in REPLACING.items()
    }
    assert drawn["unigram"].min() >= 1500
    assert 1 <= drawn["uniform"].min() < 20
    assert drawn["uniform"].max() > 1900
    assert sorted(drawn["shuffled"]) == list(BODY[REPLACED])


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("digits", r"\d{4}( \d{4}){5}"),
        ("hex", r"[0-9a-f]{32}"),
        ("names", r"[A-Z][a-z]{3,5}(, [A-Z][a-z]{3,5}){5}"),
    ],
)
def test_natural_lines_look_as_they_should(kind, line):
    lines = natural_text(kind, 5000, seed=0).splitlines()
    assert len(lines) > 50
    assert all(re.fullmatch(line, one) for one in lines)
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("kind", NATURAL)
def test_natural_text_is_as_long_as_asked_and_depends_on_the_seed(kind):
    text = natural_text(kind, 5000, seed=0)
    assert 5000 <= len(text) < 5200
    assert text == natural_text(kind, 5000, seed=0)
    assert text != natural_text(kind, 5000, seed=1)


def test_every_kind_has_one_name():
    assert len(set(KINDS)) == len(REPLACING) + len(NATURAL)
