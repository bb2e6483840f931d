"""Snapshots are measured as the chapter says."""

from dataclasses import replace

import pytest

import confidence_neurons as cn
from confidence_neurons.growing.network import build_network
from confidence_neurons.growing.recipe import PROSE
from confidence_neurons.growing.snapshots import save_snapshot, snapshot_path
from confidence_neurons_book.training_dynamics import remeasuring
from confidence_neurons_book.training_dynamics.records import CLEAN, MEDIAN, NOISE, NOW, NULL

GROUPS = {"entropy": [43, 307], "random": [3, 4]}


@pytest.fixture(scope="module")
def measured():
    model = cn.load_light("prose")
    rows = cn.prose_tokens(model)[1:7:2, :96]
    found = remeasuring.measure_snapshot(model, rows, GROUPS, cn.geometry(model))
    return found.set_index(["measure", "of"])


def test_what_is_an_estimate_lies_in_its_interval(measured):
    intervals = measured.dropna()
    assert len(intervals) == 14
    assert (intervals["low"] <= intervals["estimate"]).all()
    assert (intervals["estimate"] <= intervals["high"]).all()


def test_weights_say_what_the_growth_record_says(measured):
    record = cn.growth_record("prose").query("step == 13000").groupby("measure")["value"]
    assert measured.loc[("rho", "weights"), "estimate"] == pytest.approx(
        record.get_group("null_fraction").nlargest(3).min(), rel=1e-3
    )
    assert measured.loc[("cosine", "weights"), "estimate"] == pytest.approx(
        record.get_group("frequency_cosine").abs().nlargest(3).min(), rel=1e-3
    )
    values = record.get_group("singular_value")
    assert measured.loc[("smallest singular value", "weights"), "estimate"] == pytest.approx(
        values[values > 0.01].min() / values.median(), rel=0.02
    )


def test_noise_raises_the_scale_and_one_scale_for_all_costs_more_there(measured):
    estimate = measured["estimate"]
    assert estimate["scale", NOISE] > 2 * estimate["scale", CLEAN]
    cost = estimate["cost of one scale"]
    assert cost[NOISE] > 1 > cost[CLEAN] > 0
    assert estimate["scale ratio", NOISE] == pytest.approx(
        estimate["scale", NOISE] / estimate["scale", CLEAN]
    )


def test_the_extra_length_lies_in_the_null_space(measured):
    estimate = measured["estimate"]
    assert 0.9 < estimate["extra share", NULL] <= 1
    assert estimate["extra share", NOW] == pytest.approx(estimate["extra share", NULL])
    assert abs(estimate["extra share", MEDIAN]) < 0.05
    assert estimate["loudness", NULL] < 0.2
    assert estimate["loudness", MEDIAN] == pytest.approx(1, abs=0.02)


def test_entropy_neurons_act_through_the_scale_and_random_ones_do_not(measured):
    mediated = measured["estimate"]["mediated"]
    assert mediated["entropy"] > 0.6 > 0.2 > mediated["random"]


def test_every_snapshot_of_a_run_is_measured(tmp_path):
    recipe = replace(PROSE, d_model=16, n_layers=1, n_heads=2, sequence_length=256)
    network = build_network(recipe)
    for step in (0, 25):
        save_snapshot(tmp_path, network, step)
    cn.load_light("prose").tokenizer.save_pretrained(tmp_path)
    last = cn.geometry(remeasuring.booted(recipe, snapshot_path(tmp_path, 25)), k=2)
    found = remeasuring.remeasure(tmp_path, recipe, {"random": [3, 4]}, last)
    assert sorted(found["step"].unique()) == [0, 25]
    assert set(found.columns) == {"step", "measure", "of", "estimate", "low", "high"}
