"""What resting costs, against differences of means."""

import pytest

from confidence_neurons_book.causal_effects import costs, timing
from confidence_neurons_book.causal_effects.costs import calibration_changes, resting_costs


@pytest.fixture(scope="module")
def measured(subject):
    return timing.measured(subject, ablated=("entropy", "equal norm"))


def test_costs_are_differences_of_mean_losses(measured):
    found = resting_costs(measured).set_index(["rests", "text"])["estimate"]
    assert list(found.index.levels[0]) == sorted(costs.RESTS)
    for name, (group, column) in costs.RESTS.items():
        rows = measured[measured["text"].eq("b") & measured["group"].eq(group)]
        expected = (rows[column] - rows["loss"]).mean()
        assert found[name, "b"] == pytest.approx(expected)


def test_calibration_errors_stand_beside_their_changes(measured):
    found = calibration_changes(measured[measured["group"] == "entropy"])
    assert found.index.tolist() == ["a", "b"]
    assert found.columns.tolist() == ["as it is", "dial at rest", "one temperature"]
    assert found["dial at rest"].str.match(r"[+-]?\d\.\d{3} \[[+-]\d").all()
