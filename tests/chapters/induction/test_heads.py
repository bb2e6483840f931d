"""Heads are named, drawn from the same layers, and their states averaged."""

import pandas as pd
import pytest

import confidence_neurons as cn
import references
from confidence_neurons_book.induction.heads import above, changes, same_layers

SCORES = pd.DataFrame(
    {"layer": [0, 0, 1, 1], "head": [0, 1, 0, 1], "induction": [0.1, 0.5, 0.4, 0.9]}
)


def test_heads_above_a_score_are_pairs():
    assert above(SCORES, "induction", 0.4) == [(0, 1), (1, 1)]


def test_controls_stand_in_the_same_layers_and_are_other_heads():
    model, _ = references.tiny_pair("llama")
    chosen = [(1, 0)]
    for seed in range(5):
        (found,) = same_layers(model, chosen, exclude=[(1, 2)], seed=seed)
        assert found[0] == 1
        assert found[1] not in (0, 2)


def test_changes_are_differences_from_the_first_copy():
    model, _ = references.tiny_pair("llama")
    tokens = cn.repeated_random(300, 5, count=3)
    state = cn.run(model, tokens)
    first, second = (state.at(copy) for copy in cn.induction.copy_masks(tokens, 5))
    off = cn.ablate_heads(model, second, [(1, 0)])
    found = changes({"second": second, "off": off}, first, [9, 2])
    assert found["kind"].tolist() == ["second"] * 2 + ["off"] * 2
    assert found["neuron"].tolist() == [9, 2] * 2
    for place, changed in {1: second, 3: off}.items():
        expected = float((changed.mean_activations() - first.mean_activations())[2])
        assert found.iloc[place]["estimate"] == pytest.approx(expected, abs=1e-5)
