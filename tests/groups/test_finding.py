"""Which neurons belong to which group, on frames made by hand and on planted neurons."""

import pandas as pd
import pytest

import references
from confidence_neurons.engine.scan import scan
from confidence_neurons.groups.finding import find_groups, group_criteria, with_groups

FRAME = pd.DataFrame(
    {
        "neuron": [7, 3, 5, 9, 1, 4],
        "null_fraction": [0.9, 0.8, 0.5, 0.9, 0.9, 0.7],
        "frequency_cosine": [0.1, float("nan"), -0.8, 0.9, 0.76, 0.75],
        "entropy_ln_mediated": [0.8, 0.6, 0.9, 0.9, -2.0, float("nan")],
        "entropy_total": [0.1, 0.3, 0.5, 0.25, 0.2, 0.0],
    }
)


def test_all_criteria_have_to_be_met():
    met = group_criteria(FRAME)
    assert list(met["in_null_space"]) == [True, True, False, True, True, True]
    assert list(met["through_scale"]) == [True, True, True, True, False, False]
    assert list(met["entropy"]) == [False, True, False, True, False, False]
    assert list(met["along_frequency"]) == [False, False, True, True, True, False]
    assert list(met["awake"]) == [False, True, True, True, False, False]
    assert list(met["frequency"]) == [False, False, True, True, False, False]


def test_the_strongest_comes_first_and_a_group_may_be_empty():
    assert find_groups(FRAME) == {"entropy": [3, 9], "frequency": [5, 9]}
    assert find_groups(FRAME.assign(null_fraction=0.6, frequency_cosine=0.0)) == {
        "entropy": [],
        "frequency": [],
    }


@pytest.mark.parametrize(
    ("threshold", "entropy"),
    [
        ({"null_fraction": 0.85}, [9]),
        ({"ln_mediated": 0.7}, [9]),
        ({"ln_mediated": -2.5}, [3, 9]),
        ({"null_fraction": 0.4}, [5, 3, 9]),
    ],
)
def test_each_threshold_decides(threshold, entropy):
    assert find_groups(FRAME, **threshold)["entropy"] == entropy


def test_a_higher_cosine_leaves_fewer():
    assert find_groups(FRAME, cosine=0.85)["frequency"] == [9]


@pytest.mark.parametrize("method", ["exact", "second-order"])
def test_a_planted_entropy_neuron_is_found(method):
    network, direction = references.network_with_null_direction()
    references.write_w_out(network, 9, 6 * direction)
    model = references.load_network(network)
    found = find_groups(scan(model, references.tokens_for(), method=method, k=2))
    assert found["entropy"] == [9]


def test_groups_take_the_first_that_fits_and_leave_the_frame_alone():
    before = FRAME.copy()
    named = with_groups(FRAME, {"a": [7, 3], "b": [3, 5]})
    assert list(named["group"]) == ["a", "a", "b", "others", "others", "others"]
    pd.testing.assert_frame_equal(FRAME, before)


@pytest.mark.parametrize(
    ("groups", "message"), [({"others": [1]}, "others"), ({"a": [7, 8]}, r"got \[8\]")]
)
def test_names_and_neurons_that_do_not_fit_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        with_groups(FRAME, groups)


def test_a_frame_of_something_else_is_refused():
    with pytest.raises(ValueError, match="of scan with null_fraction"):
        find_groups(FRAME.drop(columns="null_fraction"))
