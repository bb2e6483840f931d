"""Neurons named at one step and followed to all others."""

import pytest

import confidence_neurons as cn
from chapters.training_dynamics.growths import STEPS, growth
from confidence_neurons_book.training_dynamics import histories


def test_controls_are_those_of_the_library():
    record, named = cn.growth_record("prose"), cn.recorded_groups("prose")["entropy"]
    kinds = ("equal norm", "equal rho", "random")
    library = cn.controls(cn.load_light("prose"), named, kinds)
    found = histories.with_controls(record, named)
    assert found == {"entropy": named} | library


def test_a_history_is_a_mean_between_the_lowest_and_the_highest_neuron():
    found = histories.histories(growth(), {"entropy": [0, 2], "random": [3]})
    rho = found[(found["measure"] == "null-space fraction") & (found["group"] == "entropy")]
    last = rho.set_index("step").loc[1000]
    assert last[["estimate", "low", "high"]].tolist() == pytest.approx([0.8, 0.7, 0.9])
    assert rho["step"].tolist() == STEPS


def test_norm_and_logit_var_stand_over_the_median_of_their_step():
    found = histories.histories(growth(), {"entropy": [0, 1]}).set_index(["measure", "step"])
    assert found.loc[("LogitVar / median", 1000), "estimate"] == pytest.approx(0.2 / 0.6)
    assert found.loc[("weight norm / median", 10), "estimate"] == pytest.approx(1)


def test_neurons_are_named_at_the_step_of_choice():
    found = histories.named_at(growth(), [0, 1000], 2).set_index(["named", "group", "step"])
    highest = found["estimate"].loc[:, histories.HIGHEST]
    assert highest[1000, 1000] == pytest.approx(0.85)
    assert highest[0, 0] == pytest.approx(0.25)
    assert highest[0, 1000] == pytest.approx((0.7 + 0.8) / 2)
    random = found["estimate"].loc[:, "random"]
    assert random[0, 1000] == pytest.approx(random[1000, 1000], abs=0.35)
    assert {group for _, group, _ in found.index} == {histories.HIGHEST, "random"}
