"""Change of activation on synthetic and natural induction, against loops."""

import pytest
import torch

import references
from confidence_neurons.induction.copies import copy_masks
from confidence_neurons.induction.natural import matched_positions, natural_repeats
from confidence_neurons.model.state import run_final
from confidence_neurons.text.altered import repeated_random
from confidence_neurons_book.induction.activations import (
    activation_change,
    mean_activations,
    synthetic_and_natural_change,
)


def mean_at(activations, places, neuron):
    values = [float(activations[row, position, neuron]) for row, position in places]
    return sum(values) / len(values)


def test_changes_agree_with_a_loop_over_places():
    activations = torch.randn(5, 9, 4, generator=torch.Generator().manual_seed(0))
    task = torch.rand(5, 9, generator=torch.Generator().manual_seed(1)) < 0.4
    frame = activation_change(activations, task, ~task)
    assert frame["neuron"].tolist() == [0, 1, 2, 3]
    for row in frame.to_dict("records"):
        high = mean_at(activations, task.nonzero().tolist(), row["neuron"])
        base = mean_at(activations, (~task).nonzero().tolist(), row["neuron"])
        assert row["task"] == pytest.approx(high, abs=1e-6)
        assert row["baseline"] == pytest.approx(base, abs=1e-6)
        assert row["change"] == pytest.approx(high - base, abs=1e-6)
        assert row["low"] < row["change"] < row["high"]


def test_a_planted_change_is_found_with_certainty():
    activations = 0.01 * torch.randn(20, 10, 2, generator=torch.Generator().manual_seed(0))
    task = torch.zeros(20, 10, dtype=torch.bool)
    task[:, 5:] = True
    activations[:, 5:, 1] -= 3
    frame = activation_change(activations, task, ~task).set_index("neuron")
    assert frame.loc[1, "change"] == pytest.approx(-3, abs=0.01)
    assert frame.loc[1, "high"] < -2.9
    assert frame.loc[0, "low"] < 0.005
    assert frame.loc[0, "high"] > -0.005


def test_both_kinds_of_induction_are_measured():
    model, _ = references.tiny_pair("llama")
    repeated = repeated_random(300, 6, count=4)
    text = references.tokens_for(30, rows=5, length=40)
    matches = matched_positions(text, natural_repeats(text, 1), 1)
    frame = synthetic_and_natural_change(model, repeated, 6, text, matches)
    assert len(frame) == 2 * 64
    assert set(frame["induction"]) == {"synthetic", "natural"}
    natural = frame[frame["induction"] == "natural"].set_index("neuron")
    synthetic = frame[frame["induction"] == "synthetic"].set_index("neuron")
    activations = run_final(model, text).activations
    repeats = list(zip(matches["row"], matches["position"], strict=True))
    others = list(zip(matches["matched_row"], matches["matched_position"], strict=True))
    for neuron in (0, 33):
        expected = mean_at(activations, repeats, neuron) - mean_at(activations, others, neuron)
        assert natural.loc[neuron, "change"] == pytest.approx(expected, abs=1e-5)
    first, second = copy_masks(repeated, 6)
    activations = run_final(model, repeated).activations
    for neuron in (0, 33):
        expected = mean_at(activations, second.nonzero().tolist(), neuron) - mean_at(
            activations, first.nonzero().tolist(), neuron
        )
        assert synthetic.loc[neuron, "change"] == pytest.approx(expected, abs=1e-5)


def test_bad_input_is_refused():
    model, _ = references.tiny_pair("llama")
    repeated = repeated_random(300, 6, count=4)
    text = references.tokens_for(30, rows=5, length=40)
    matches = matched_positions(text, natural_repeats(text, 1), 1)
    with pytest.raises(ValueError, match="two copies"):
        synthetic_and_natural_change(model, repeated, 5, text, matches)
    with pytest.raises(ValueError, match="at least one position"):
        synthetic_and_natural_change(model, repeated, 6, text, matches.iloc[:0])
    with pytest.raises(ValueError, match="other tokens"):
        synthetic_and_natural_change(model, repeated, 6, text[:2], matches)
    mask = torch.ones(4, 13, dtype=torch.bool)
    with pytest.raises(ValueError, match="shape"):
        activation_change(torch.zeros(4, 12, 3), mask, mask)


def test_the_mean_counts_the_positions_of_the_mask_alone():
    tokens = references.tokens_for()
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    mask[0, 3] = mask[1, 5] = True
    activations = torch.randn(2, 12, 8)
    expected = (activations[0, 3] + activations[1, 5]) / 2
    assert mean_activations(activations, mask).allclose(expected)
    with pytest.raises(ValueError, match="at least one position"):
        mean_activations(activations, torch.zeros_like(mask))
