"""What is seen of a model that grows, and of one whose neurons are held."""

from dataclasses import replace

import pytest
import torch

import confidence_neurons as cn
from chapters.grow_your_own.grown import grown
from confidence_neurons.growing.measures import is_dial
from confidence_neurons_book.grow_your_own.growth import FOLLOWS, FROZEN, Growth, K, live_run
from confidence_neurons_book.grow_your_own.known import COLD, HOT, TEMPERATURES


@pytest.fixture(scope="module")
def growth():
    return grown()[0]


@pytest.fixture(scope="module")
def model():
    return grown()[1]


def test_the_live_run_is_the_arm_of_the_settings():
    run = live_run()
    assert (run.arm, run.recipe.seed, run.recipe.frozen_scale) == ("live", 0, None)


def test_a_run_on_prose_is_refused():
    with pytest.raises(ValueError, match="expected a run on the language"):
        Growth.of(replace(live_run(), language=None))


def test_each_step_watched_has_its_frames(growth):
    assert [int(frame["step"].iloc[0]) for frame in growth.course] == [0, 20]
    assert [int(frame["step"].iloc[0]) for frame in growth.neurons] == [0, 20]


def test_means_and_intervals_are_those_of_the_text(growth, model):
    last = growth.course[-1].set_index(["measure", "temperature"])
    read = growth.text.read(model)
    for name in TEMPERATURES:
        mean = read.loc[read["temperature"] == name, "kl"].mean()
        found = last.loc[("kl", name)]
        assert found["estimate"] == pytest.approx(mean)
        assert found["low"] < mean < found["high"]
        assert 0 < last.loc[("share", name), "estimate"] <= 1
    values = cn.geometry(model, k=K).spectrum.values[:-1]  # centring makes the last one zero

    assert last.loc[("quietest", "weights"), "estimate"] == pytest.approx(
        float(values[-1] / values.median()), rel=1e-5
    )


def test_the_excess_is_the_mean_divergence_over_the_entropy_of_the_optimum(growth, model):
    read = growth.text.read(model)
    assert growth.excess() == pytest.approx(
        read["kl"].mean() / read["optimal_entropy"].mean(), rel=1e-4
    )


def test_dials_are_chosen_on_hot_rows_that_tell_nothing_else(growth, model):
    found = cn.scan(model, growth.choosing.tokens, at=growth.choosing.where(HOT), k=K)
    last = growth.neurons[-1]
    assert (last["dial"].to_numpy() == is_dial(found).to_numpy()).all()
    assert (
        growth.dials()
        == last[last["dial"]].sort_values("effect", ascending=False)["neuron"].tolist()
    )
    rows = {tuple(row) for row in growth.choosing.tokens.tolist()}
    assert not rows & {tuple(row) for row in growth.text.tokens.tolist()}


def test_holding_neurons_changes_overconfidence_as_said(growth, model):
    held = growth.held(model, {"some": [1, 5]}).set_index(["scale", "held", "temperature"])
    text = growth.text
    state = cn.run(model, text.tokens, at=text.where())
    cold = cn.run(model, growth.choosing.tokens, at=growth.choosing.where(COLD))
    changed = cn.ablate(model, state, [1, 5], to=cold.mean_activations())
    for scale, expected in ((FOLLOWS, changed), (FROZEN, replace(changed, scale=state.scale))):
        read = text.read(model, expected)
        for name in TEMPERATURES:
            mean = read.loc[read["temperature"] == name, "overconfidence"].mean()
            assert held.loc[(scale, "some", name), "estimate"] == pytest.approx(mean, abs=1e-7)
    untouched = text.read(model)
    for scale in (FOLLOWS, FROZEN):
        mean = untouched.loc[untouched["temperature"] == HOT, "overconfidence"].mean()
        assert held.loc[(scale, "nothing", HOT), "estimate"] == pytest.approx(mean)
    assert torch.equal(growth.resting(model, COLD), cold.mean_activations())
