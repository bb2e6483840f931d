"""Estimates from moments: how far from exact, and what happens where they are poor."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
import references_ablation
from confidence_neurons.engine import effects
from confidence_neurons.engine import pieces as engine
from confidence_neurons.engine.check import ErrorCheck
from confidence_neurons.engine.closed_form import Held, prepare
from confidence_neurons.engine.exact import exact_changes
from confidence_neurons.engine.indirect import indirect_changes
from confidence_neurons.engine.memory import Plan
from confidence_neurons.engine.readout import Clean
from confidence_neurons.engine.scan import scan
from confidence_neurons.engine.second_order import second_order_changes
from confidence_neurons.model.state import run
from confidence_neurons.text.altered import corrupt
from confidence_neurons.text.reading import prose_tokens
from engine.synthetic import inputs, panel, panel_by_entry, scaled_delta, sources

ESTIMATED = ["entropy_total", "entropy_direct", "loss_total", "loss_direct", "kl_from_clean"]
EXACT = ["entropy_indirect", "loss_indirect"]


def prepared(model, tokens, neurons):
    state = run(model, tokens)
    return prepare(model, state, Held.of(state, neurons, None, None), 2**30)


def estimate_of(readout, ablations):
    """The estimate, and the exact changes that it is of."""
    clean, by_entry = Clean.build(readout, ablations), panel_by_entry(readout, ablations)
    estimate = second_order_changes(readout, clean, ablations, by_entry)
    exact = exact_changes(readout, clean, ablations, panel(readout, ablations))
    exact |= indirect_changes(readout, clean, ablations)
    assert set(exact) == set(estimate.changes)
    assert estimate.mean_reading.allclose(clean.probability @ by_entry.readings.T, atol=1e-5)
    return estimate, exact


def synthetic(factor, seed=0, **settings):
    """The same for random numbers, in double precision."""
    readout, parts = inputs(seed=seed, **settings)
    readout = readout.to(torch.float64)
    some = sources(scaled_delta(parts, factor))
    return estimate_of(readout, some.ablations(readout, slice(None), slice(None)))


@pytest.mark.parametrize("architecture", ["neox-serial", "llama", "phi"])
def test_the_error_falls_with_the_cube_of_the_change(architecture):
    model = references_ablation.loud_model(architecture)
    readout, some, _ = prepared(model, references.tokens_for(), [1, 5, 8])
    readout, errors = readout.to(torch.float64), {}
    for factor in (0.2, 0.1):
        changed = replace(some, delta=factor * some.delta)
        estimate, exact = estimate_of(readout, changed.ablations(readout, slice(None), [0, 1, 2]))
        for name in ESTIMATED:
            errors.setdefault(name, []).append((estimate.changes[name] - exact[name]).abs())
        for name in EXACT:
            assert estimate.changes[name].allclose(exact[name], rtol=1e-6, atol=1e-12), name
    for name, (large, small) in errors.items():
        ratio = (large / small).median()
        assert 7 < ratio < 9, (name, ratio)


@pytest.mark.parametrize("factor", [0.1, 1.0, 3.0])
def test_with_next_to_nothing_in_the_tail_the_estimate_is_exact(factor):
    readout, parts = inputs()
    readout.bias[::2] -= 300  # half of the vocabulary is out of the question
    readout = readout.to(torch.float64)
    ablations = sources(scaled_delta(parts, factor)).ablations(readout, slice(None), slice(None))
    estimate, exact = estimate_of(readout, ablations)
    sound = estimate.risk.isfinite()
    assert sound.float().mean() > 0.3
    for name in ESTIMATED:
        found = estimate.changes[name][sound]
        assert found.allclose(exact[name][sound], rtol=1e-5, atol=1e-8), name
    assert estimate.changes["argmax_changed"].equal(exact["argmax_changed"])


@pytest.mark.parametrize("seed", range(3))
def test_for_tiny_changes_the_estimate_is_exact(seed):
    estimate, exact = synthetic(1e-4, seed)
    for name in (*ESTIMATED, *EXACT):
        assert estimate.changes[name].allclose(exact[name], rtol=1e-3, atol=1e-10), name


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100), st.floats(0.01, 3), st.booleans(), st.sampled_from([1.0, 3.0, 20.0]))
def test_where_the_risk_is_small_the_error_is(seed, factor, centres, loudness):
    """One ablation whose error is seen nowhere would be a silent one."""
    estimate, exact = synthetic(factor, seed, centres=centres, loudness=loudness)
    missed = (estimate.changes["entropy_total"] - exact["entropy_total"]).abs()
    assert (estimate.risk >= 0).all()
    assert ((missed <= 100 * estimate.risk + 1e-7) | estimate.risk.isinf()).all()


def test_ablations_that_cancel_the_clean_mass_are_not_trusted():
    """A token of all the mass falls behind: what is left is a difference of large numbers."""
    readout, parts = inputs(loudness=20)
    ablations = sources(scaled_delta(parts, 2)).ablations(readout, slice(None), slice(None))
    clean = Clean.build(readout, ablations)
    estimate, _ = estimate_of(readout, ablations)
    largest = clean.probability.amax(dim=-1)
    assert (largest > 0.99).any()
    wild = estimate.changes["kl_from_clean"] > 5
    assert wild.any()
    assert estimate.risk[wild & (largest[:, None] > 0.99)].isinf().any()


@pytest.fixture(scope="module")
def frames():
    model = references.bundled("prose")
    tokens = prose_tokens(model, 96, 4)
    return scan(model, tokens), scan(model, tokens, method="second-order")


def test_on_prose_the_estimates_are_within_their_bars(frames):
    exact, estimated = frames
    for name in ("entropy_total", "entropy_direct"):
        error = (estimated[name] / exact[name] - 1).abs()
        assert error.median() < 1e-3
        assert error.quantile(0.95) < 0.01
        assert error.max() < 0.05
        assert exact[name].rank().corr(estimated[name].rank()) > 0.999  # Spearman's


def test_the_other_columns_are_near_exact_too(frames):
    exact, estimated = frames
    assert list(estimated.columns) == list(exact.columns)
    assert (estimated.dtypes == exact.dtypes).all()
    for name in ("loss_total", "loss_direct", "kl_from_clean"):
        assert (estimated[name] / exact[name] - 1).abs().median() < 0.02, name
    for name in ("entropy_indirect", "loss_indirect"):
        assert estimated[name].tolist() == pytest.approx(exact[name].tolist(), rel=1e-3, abs=1e-7)
    assert (estimated["argmax_changed"] - exact["argmax_changed"]).abs().max() < 0.02
    for name in ("weight_norm", "logit_var", "null_fraction", "mean_activation"):
        assert estimated[name].equals(exact[name]), name


def test_every_neuron_says_how_it_was_measured(frames):
    _, estimated = frames
    assert set(estimated["method"]) <= {"exact", "second-order"}
    assert (estimated["method"] == "second-order").mean() > 0.5
    guessed = estimated[estimated["method"] == "second-order"]
    assert guessed["error_estimate"].between(0, effects.POOR_ESTIMATE).all()
    assert (guessed["error_estimate"] > 0).mean() > 0.9
    assert (estimated.loc[estimated["method"] == "exact", "error_estimate"] == 0).all()


def test_poor_estimates_are_measured_exactly_and_the_rest_left(monkeypatch):
    model = references_ablation.loud_model("neox-serial")
    tokens = references.tokens_for(rows=3)
    monkeypatch.setattr(effects, "POOR_ESTIMATE", torch.inf)
    estimated = scan(model, tokens, method="second-order")
    assert (estimated["method"] == "second-order").all()
    limit = estimated["error_estimate"].median()
    poor = estimated["error_estimate"] > limit
    assert poor.any()
    assert not poor.all()

    monkeypatch.setattr(effects, "POOR_ESTIMATE", float(limit))
    mixed, exact = scan(model, tokens, method="second-order"), scan(model, tokens)
    assert (mixed["method"] == "exact").tolist() == poor.tolist()
    assert (mixed.dtypes == exact.dtypes).all()
    for name in mixed.columns.drop("method"):
        expected = exact[name].where(poor, estimated[name]).tolist()
        noise = 1e-3 if name.endswith("mediated") else 2e-7
        assert mixed[name].tolist() == pytest.approx(expected, rel=1e-4, abs=noise, nan_ok=True), (
            name
        )


def test_the_error_estimate_is_seldom_below_the_error(frames):
    exact, estimated = frames
    guessed = estimated["method"] == "second-order"
    error = (estimated["entropy_total"] / exact["entropy_total"] - 1).abs()[guessed]
    assert (error > estimated["error_estimate"][guessed]).mean() < 0.05
    assert estimated["error_estimate"][guessed].median() < 0.01


def test_risky_ablations_are_exact_and_the_others_left_to_the_estimate(monkeypatch):
    model = references.bundled("prose")
    tokens = prose_tokens(model, 96, 2)
    neurons = scan(model, tokens).nlargest(3, "entropy_total")["neuron"].tolist()
    readout, some, _ = prepared(model, tokens, neurons)
    risk = estimate_of(readout, some.ablations(readout, slice(None), [0, 1, 2]))[0].risk
    limit = float(risk.quantile(0.7))

    def changes(most):
        monkeypatch.setattr(engine, "MOST_RISK", most)
        check = ErrorCheck(len(neurons), share=0.0)
        pieces = engine.second_order_pieces(readout, some, Plan(3, 1000), check)
        return [piece.changes for piece in pieces]

    (estimated,), (exact,), (mixed,) = changes(torch.inf), changes(-1.0), changes(limit)
    risky = risk > limit
    for name in mixed:
        expected = torch.where(risky, exact[name], estimated[name])
        assert mixed[name].allclose(expected, rtol=1e-4, atol=1e-6), name
        if name in ESTIMATED:
            assert not mixed[name].allclose(estimated[name], rtol=1e-3), name


def test_a_seed_decides_which_ablations_are_checked_and_so_exact():
    model = references.bundled("prose")
    tokens = corrupt(prose_tokens(model, 64, 2), 0.5, torch.ones(model.cfg.d_vocab))
    arguments = {"neurons": range(16), "method": "second-order"}
    first = scan(model, tokens, **arguments)
    assert scan(model, tokens, **arguments).equals(first)
    other = scan(model, tokens, seed=1, **arguments)
    assert other["entropy_total"].tolist() != first["entropy_total"].tolist()
    assert other["entropy_total"].tolist() == pytest.approx(
        first["entropy_total"].tolist(), rel=float(first["error_estimate"].max())
    )


@pytest.mark.parametrize("neurons", [[10], range(64)])
def test_a_neuron_without_effect_has_none_and_no_error(neurons):
    network, _ = references.network_with_null_direction()
    references.write_w_out(network, 10, 0.0)
    model = references.load_network(network)
    frame = scan(model, references.tokens_for(), neurons=neurons, method="second-order")
    row = frame.set_index("neuron").loc[10]
    assert row[["entropy_total", "loss_total", "kl_from_clean"]].max() < 1e-12
    assert row["error_estimate"] == 0
