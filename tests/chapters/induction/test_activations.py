"""Activations along a sequence, and their change on a task, against loops over places."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.induction.activations import (
    activation_change,
    activation_table,
    course,
    only,
)

PERIOD = 5


@pytest.fixture
def state():
    model, _ = references.tiny_pair("llama")
    return cn.run(model, cn.repeated_random(300, PERIOD, count=6))


def mean_at(activations, places, neuron):
    values = [float(activations[row, position, neuron]) for row, position in places]
    return sum(values) / len(values)


def some(shape, seed):
    mask = torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < 0.4
    mask[:, [0, -1]] = False
    return mask


def test_the_table_has_each_neuron_at_each_counted_position(state):
    mask = some(state.tokens.shape, 0)
    table = activation_table(state.at(mask), [7, 1])
    assert table.columns.tolist() == ["sequence", "position", "7", "1"]
    places = list(zip(table["sequence"], table["position"], strict=True))
    assert places == [tuple(place) for place in mask.nonzero().tolist()]
    for place, value in zip(places, table["1"], strict=True):
        assert value == float(state.activations[*place, 1])


def test_courses_are_the_means_at_each_position(state):
    found = course(state, [7, 1], [1, 6, 4])
    assert len(found) == 2 * 3
    for row in found.to_dict("records"):
        expected = mean_at(
            state.activations, [(r, row["position"]) for r in range(6)], row["neuron"]
        )
        assert row["estimate"] == pytest.approx(expected, abs=1e-5)
        assert row["low"] < row["estimate"] < row["high"]


def test_only_some_positions_are_true(state):
    assert only(state, [2, 5]).nonzero()[:, 1].unique().tolist() == [2, 5]


def test_changes_agree_with_a_loop_over_places(state):
    task, baseline = some(state.tokens.shape, 1), some(state.tokens.shape, 2)
    task[2] = False  # a sequence without any place of the task
    change = activation_change(state.at(task), state.at(baseline))
    assert change["neuron"].tolist() == list(range(64))
    for row in change.to_dict("records"):
        high = mean_at(state.activations, task.nonzero().tolist(), row["neuron"])
        base = mean_at(state.activations, baseline.nonzero().tolist(), row["neuron"])
        assert row["estimate"] == pytest.approx(high - base, abs=1e-6)
        assert row["low"] < row["high"]


def test_a_planted_change_is_found_with_certainty(state):
    first, second = cn.induction.copy_masks(state.tokens, PERIOD)
    noise = torch.Generator().manual_seed(0)
    state.activations[:] = 0.01 * torch.randn(state.activations.shape, generator=noise)
    state.activations[..., 1] -= 3 * second
    change = activation_change(state.at(second), state.at(first)).set_index("neuron")
    assert change.loc[1, "estimate"] == pytest.approx(-3, abs=0.02)
    assert change.loc[1, "high"] < -2.9
    assert change.drop(index=1)["estimate"].abs().max() < 0.02
