"""Repeats in running text with their first places, and pairs beside them."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.induction.activations import activation_change
from confidence_neurons_book.induction.natural import (
    FARTHEST,
    at_places,
    nearest_first,
    repeats_and_firsts,
    running_text,
)

# 5 6 stands at 1 and 2 and at 12 and 13; 7 follows both times.
ROW = [0, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 5, 6, 7, 18, 19, 20, 21, 22, 23, 24, 25]


def test_a_repeat_has_its_first_place_and_a_pair_beside():
    found = repeats_and_firsts(torch.tensor([ROW]))
    assert found[["position", "first", "copied"]].to_numpy().tolist()[0] == [13, 2, True]
    for one in found.itertuples():
        assert ROW[one.position - 1 : one.position + 1] == ROW[one.first - 1 : one.first + 1]
        assert one.beside - one.position == one.beside_first - one.first
        assert 2 <= abs(one.beside - one.position) <= FARTHEST
        assert ROW[one.beside - 1 : one.beside + 1] != ROW[one.beside_first - 1 :][:2]


def test_steps_go_both_ways_and_the_nearest_come_first():
    assert list(nearest_first())[:4] == [2, -2, 3, -3]


def test_the_summary_says_what_the_states_say():
    model, _ = references.tiny_pair("llama")
    tokens = torch.tensor([ROW, ROW[:1] + ROW[:0:-1]])
    state = cn.run(model, tokens)
    pairs = repeats_and_firsts(tokens)
    assert set(pairs["row"]) == {0, 1}
    table = running_text(model, state, {"all": (pairs, "position", "first")}, [7])
    change = activation_change(
        at_places(state, pairs, "position"), at_places(state, pairs, "first")
    ).set_index("neuron")
    assert table.loc["all", "places"] == len(pairs)
    shown = float(table.loc["all", "response"].split()[0])
    assert shown == pytest.approx(change.loc[7, "estimate"], abs=0.051)
