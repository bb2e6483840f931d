"""Rows to choose on and to report on; effects of groups by hand; the end of a spectrum."""

import numpy as np
import pandas as pd
import pytest
import torch

import confidence_neurons as cn
from confidence_neurons.weights.spectrum import exact_null_directions
from confidence_neurons_book.across_models.measured import (
    group_effects,
    shares_as_text,
    spectrum_tail,
    token_effects,
)


def test_neurons_are_scanned_on_every_second_row_and_reported_on_the_others(measured):
    noise = cn.corrupt(
        cn.prose_tokens(measured.model, 64, 6), 0.5, cn.unigram_counts("prose"), seed=0
    )
    assert torch.equal(measured.reporting, noise[1::2])
    for frame, rows in ((measured.chosen_on, noise[0::2]), (measured.reported, noise[1::2])):
        expected = cn.scan(measured.model, rows, method="second-order", k=5)
        pd.testing.assert_frame_equal(frame, expected)
    assert measured.space.k == 5


def test_effects_of_a_group_are_means_over_its_neurons_and_tokens(measured):
    tokens = token_effects(measured, {7, 3, 11})
    assert tokens["neuron"].unique().tolist() == [3, 7, 11]
    found = group_effects(tokens, {("one", 1): [3, 7], ("other", 2): [7, 11]})
    for key, members in {("one", 1): [3, 7], ("other", 2): [7, 11]}.items():
        rows = found[[group == key for group in found["group"]]].set_index("effect")["estimate"]
        mine = tokens[tokens["neuron"].isin(members)]
        total, direct = (np.abs(mine[f"entropy_{path}"]).mean() for path in ("total", "direct"))
        assert rows["total"] == pytest.approx(total)
        assert rows["direct"] == pytest.approx(direct)
        assert rows["mediated"] == pytest.approx(1 - direct / total)


def test_shares_are_printed_with_their_intervals_in_the_order_in_which_they_come():
    effects = pd.DataFrame(
        {
            "group": ["b", "b", "a"],
            "measured": "text",
            "effect": ["mediated", "total", "mediated"],
            "estimate": [0.5, 9.0, -0.001],
            "low": [0.25, 9.0, -0.126],
            "high": [0.75, 9.0, 0.124],
        }
    )
    table = shares_as_text(effects, "group", "measured")
    assert table["text"].to_dict() == {"b": "0.50 [0.25, 0.75]", "a": "0.00 [-0.13, 0.12]"}
    assert table.index.tolist() == ["b", "a"]


def test_the_tail_begins_at_the_weakest_direction_that_is_not_zero_by_construction(measured):
    values = measured.space.spectrum.values
    tail = spectrum_tail("prose", measured.space, count=4)
    assert exact_null_directions(values) == 1
    assert tail["place"].tolist() == [1, 2, 3, 4]
    expected = values[[-2, -3, -4, -5]] / values.median()
    assert tail["relative"].tolist() == pytest.approx(expected.tolist())
    assert set(tail["model"]) == {"prose"}
