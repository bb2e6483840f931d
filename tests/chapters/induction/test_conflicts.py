"""Odd words stand in both copies; the two words are asked for at the same places."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.induction.conflicts import (
    ODD,
    PROPER,
    before_odd_words,
    break_even,
    conflict_effects,
    readings,
    with_odd_words,
)

PERIOD, PLACES = 5, (2, 4)


@pytest.fixture
def setting():
    model, _ = references.tiny_pair("llama")
    tokens = cn.repeated_random(300, PERIOD, count=3)
    odd = with_odd_words(tokens, PERIOD, PLACES)
    return model, tokens, odd


def test_odd_words_come_from_other_rows_and_stand_in_both_copies(setting):
    _, tokens, odd = setting
    assert (odd != tokens).nonzero()[:, 1].unique().tolist() == [2, 4, 7, 9]
    assert torch.equal(odd[:, 1:6], odd[:, 6:])
    for row in range(3):
        for place in PLACES:
            assert odd[row, place] in tokens[:, place]
            assert odd[row, place] != tokens[row, place]


def test_a_row_with_the_same_word_is_passed_over():
    tokens = torch.tensor([[0, 5, 6, 5, 6], [0, 5, 6, 5, 6], [0, 8, 9, 8, 9]])
    assert with_odd_words(tokens, 2, [1])[0].tolist() == [0, 8, 6, 8, 6]


def test_both_words_are_read_where_they_come_next(setting):
    model, tokens, odd = setting
    state = cn.run(model, odd)
    places = before_odd_words(odd, PERIOD, PLACES)
    said = readings(model, state.at(places), tokens)
    with torch.no_grad():
        surprise = -model(odd).log_softmax(-1)
    for name, wanted in {ODD: odd, PROPER: tokens}.items():
        assert said[name]["position"].tolist() == [6, 8] * 3
        for row in said[name].itertuples():
            target = wanted[row.sequence, row.position + 1]
            expected = float(surprise[row.sequence, row.position, target])
            assert row.loss == pytest.approx(expected, abs=1e-4)


def test_effects_have_rows_for_both_words(setting):
    model, tokens, odd = setting
    places = before_odd_words(odd, PERIOD, PLACES)
    found = conflict_effects(model, cn.run(model, odd), places, tokens, PERIOD, {"one": [3]})
    assert found["word"].tolist() == [ODD] * 6 + [PROPER] * 6
    entropies = found["entropy_total"].to_numpy()
    assert entropies[:6] == pytest.approx(entropies[6:], abs=1e-7)
    assert not (found["loss_total"][:6].to_numpy() == found["loss_total"][6:].to_numpy()).all()


def test_at_break_even_the_saving_makes_up_for_the_cost():
    cost, saved = 0.011, 0.066
    share = break_even(cost, saved)
    assert share * saved == pytest.approx((1 - share) * cost)
