"""Who is called an entropy neuron, on frames made by hand and on a tiny model."""

import pandas as pd
import pytest
import torch

from confidence_neurons.groups.finding import (
    entropy_neuron_criteria,
    entropy_neurons,
    null_dimension_sweep,
    with_groups,
)
from confidence_neurons.model.loading import load_model
from confidence_neurons.weights.neurons import neuron_weights
from confidence_neurons.weights.unembedding import effective_unembedding, spectrum
from tiny_models import save_tiny_model

FRAME = pd.DataFrame(
    {
        "neuron": [7, 3, 5, 9, 1, 4],
        "null_fraction": [0.9, 0.8, 0.5, 0.9, 0.9, 0.7],
        "logit_var": [0.1, 0.2, 0.1, 1.0, 1.0, 0.1],
        "entropy_ln_mediated": [0.8, 0.6, 0.9, 0.9, -2.0, float("nan")],
        "entropy_total": [0.1, 0.3, 0.5, 0.2, 0.2, 0.0],
    }
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    directory = tmp_path_factory.mktemp("neox")
    save_tiny_model(directory, "neox-serial")
    return load_model(directory, device="cpu")


def test_all_three_criteria_have_to_be_met():
    frame = FRAME.assign(logit_var=[0.1, 0.2, 0.1, 1.0, 1.0, 1.0])
    criteria = entropy_neuron_criteria(frame)
    assert list(criteria["in_null_space"]) == [True, True, False, True, True, True]
    assert list(criteria["low_logit_var"]) == [True, True, True, False, False, False]
    assert list(criteria["through_scale"]) == [True, True, True, True, False, False]
    assert list(criteria.loc[criteria["entropy_neuron"], "neuron"]) == [7, 3]


def test_a_neuron_without_effect_is_none():
    frame = FRAME.assign(logit_var=[0.1, 1.0, 1.0, 1.0, 1.0, 0.1])
    assert entropy_neurons(frame) == [7]


def test_the_strongest_comes_first():
    frame = FRAME.assign(logit_var=[0.1, 0.2, 0.1, 1.0, 1.0, 1.0])
    assert entropy_neurons(frame) == [3, 7]


def test_no_neuron_need_be_one():
    assert entropy_neurons(FRAME.assign(null_fraction=0.6)) == []


def test_sweep_agrees_with_projections_one_size_at_a_time(model):
    w_out = neuron_weights(model)
    chosen = [2, 0, 11]
    effects = pd.DataFrame(
        {
            "neuron": chosen,
            "null_fraction": 0.0,
            "logit_var": [0.1, 1.0, 1.0],
            "entropy_ln_mediated": [0.9, 0.9, 0.1],
            "entropy_total": 1.0,
        }
    )
    directions = spectrum(effective_unembedding(model)).directions
    d_model = len(directions)
    sweep = null_dimension_sweep(model, effects, [1, 5, d_model])
    for row in sweep.itertuples():
        basis = directions[:, d_model - row.k :]
        w = w_out[row.neuron]
        inside = basis @ (basis.T @ w)
        assert row.null_fraction == pytest.approx((inside.norm() / w.norm()).item(), abs=1e-5)
        assert row.random == pytest.approx((row.k / d_model) ** 0.5)
        assert row.entropy_neuron == (row.neuron == 2 and row.null_fraction > 0.6)
    assert sweep.loc[sweep["k"] == d_model, "null_fraction"].to_numpy() == pytest.approx(1)


@pytest.mark.parametrize("k", [0, 33])
def test_sizes_that_are_not_there_are_refused(model, k):
    with pytest.raises(ValueError, match="expected k"):
        null_dimension_sweep(model, FRAME, [k])


def test_groups_take_the_first_that_fits_and_leave_the_frame_alone():
    before = FRAME.copy()
    named = with_groups(FRAME, {"a": [7, 3], "b": [3, 5]})
    assert list(named["group"]) == ["a", "a", "b", "others", "others", "others"]
    pd.testing.assert_frame_equal(FRAME, before)


def test_the_name_of_the_rest_is_taken():
    with pytest.raises(ValueError, match="others"):
        with_groups(FRAME, {"others": [1]})


def test_the_sweep_does_not_depend_on_the_order_of_neurons(model):
    effects = FRAME.assign(neuron=[5, 4, 3, 2, 1, 0])
    backwards = effects.iloc[::-1].reset_index(drop=True)
    one = null_dimension_sweep(model, effects, [4]).set_index("neuron").sort_index()
    other = null_dimension_sweep(model, backwards, [4]).set_index("neuron").sort_index()
    assert torch.allclose(
        torch.tensor(one["null_fraction"].to_numpy()),
        torch.tensor(other["null_fraction"].to_numpy()),
        atol=1e-6,
    )
