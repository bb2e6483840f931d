"""The rank-1 update: softmax sums in bits, huge logits, and blocks that fit the cache."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
import references_ablation
from confidence_neurons.engine.exact import exact_changes, exact_pairs
from confidence_neurons.engine.readout import Ablations, Clean
from confidence_neurons.engine.scan import scan
from confidence_neurons.engine.softmax import BYTES_AT_ONCE, distribution_in_bits
from confidence_neurons.weights.unigram import Unigram
from engine.synthetic import (
    changes_by_hand,
    inputs,
    mlp_output,
    panel,
    panel_by_entry,
    random,
    scaled_delta,
)

FEW = settings(max_examples=25, deadline=None)


def changes(readout, parts, unigram=None, mlp=None):
    ablations = Ablations.build(readout, *parts, mlp=mlp)
    clean = Clean.build(readout, ablations)
    return exact_changes(readout, clean, ablations, panel(readout, ablations), unigram)


def assert_close(found, expected, noise=2e-6):
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert found[name].allclose(values.to(found[name]), rtol=1e-4, atol=noise), name


@FEW
@given(st.lists(st.floats(-20, 20), min_size=2, max_size=30), st.booleans())
def test_sums_in_bits_are_entropy_and_partition_function(logits, overflow_feared):
    z = torch.tensor(logits)[None, None] * math.log2(math.e)
    unit = None if overflow_feared else torch.tensor([[8.0]])
    found = distribution_in_bits(z, unit, torch.arange(len(logits)).float())
    left_out = 0 if overflow_feared else 3  # log2 of the unit
    probabilities = references.softmax(logits)
    log_z = max(logits) - math.log(max(probabilities))
    mean = sum(place * p for place, p in enumerate(probabilities))
    bits = math.log2(math.e)
    assert found["log_z"].item() + left_out == pytest.approx(bits * log_z, rel=1e-5, abs=1e-5)
    assert found["entropy"].item() + left_out == pytest.approx(
        bits * references.entropy(logits), rel=1e-4, abs=1e-4
    )
    assert found["direction"].item() == pytest.approx(mean, rel=1e-4, abs=1e-4)


def test_logits_and_spare_memory_are_left_and_used():
    z, unit = random(3, 4, 9), torch.ones(3, 1)
    before, spare = z.clone(), torch.empty_like(z)
    found = distribution_in_bits(z, unit, spare=spare)
    assert z.equal(before)
    assert_close(found, distribution_in_bits(z, unit))


def assert_as_by_hand(found, readout, parts, mlp=None, noise=2e-6):
    expected = changes_by_hand(readout, parts, mlp)
    for name in set(found) & set(expected):
        values = expected[name]
        assert found[name].double().allclose(values, rtol=1e-4, atol=noise), name


@FEW
@given(st.booleans(), st.booleans(), st.integers(0, 50), st.floats(1e-3, 5))
def test_changes_are_those_of_softmaxes_by_hand(centres, after_mlp, seed, factor):
    readout, parts = inputs(seed=seed, centres=centres)
    parts, mlp = scaled_delta(parts, factor), mlp_output(seed=seed) if after_mlp else None
    found = changes(readout, parts, mlp=mlp)
    assert len(found) == 6
    assert_as_by_hand(found, readout, parts, mlp, noise=3e-6 * (1 + factor))


@pytest.mark.parametrize("after_mlp", [False, True])
@pytest.mark.parametrize("loudness", [300.0, 3000.0])
def test_huge_logits_do_not_overflow(loudness, after_mlp):
    counts = references_ablation.counts_for(40)
    readout, parts = inputs(loudness=loudness)
    mlp = mlp_output() if after_mlp else None
    found = changes(readout, parts, Unigram.from_counts(counts), mlp)
    for name, values in found.items():
        assert values.isfinite().all(), name
    assert_as_by_hand(found, readout, parts, mlp, noise=1e-6 * loudness)


@pytest.mark.parametrize("loudness", [300.0, 3000.0])
def test_huge_changes_do_not_overflow(loudness):
    readout, parts = inputs()
    found = changes(readout, scaled_delta(parts, loudness))
    for name, values in found.items():
        assert values.isfinite().all(), name


@pytest.mark.parametrize("loudness", [1.0, 300.0])
@pytest.mark.parametrize("elements", [40, 120, 2**20])
def test_pairs_of_token_and_neuron_are_as_in_the_whole(loudness, elements, monkeypatch):
    monkeypatch.setitem(BYTES_AT_ONCE, "cpu", 4 * elements)
    readout, parts = inputs()
    ablations = Ablations.build(readout, *scaled_delta(parts, loudness))
    clean, whole_panel = Clean.build(readout, ablations), panel(readout, ablations)
    whole = exact_changes(readout, clean, ablations, whole_panel)
    pairs = torch.tensor([[6, 0], [0, 4], [0, 0], [3, 2], [6, 4]])
    means = clean.probability @ whole_panel.readings.T
    for one in (whole_panel, panel_by_entry(readout, ablations)):
        found = exact_pairs(readout, clean, ablations, one, means, pairs)
        assert_close(found, {name: values[tuple(pairs.T)] for name, values in whole.items()})
    assert exact_pairs(readout, clean, ablations, whole_panel, means, pairs[:0]) == {}


@pytest.mark.parametrize("elements", [1, 90, 401, 10**6])
def test_the_size_of_a_block_does_not_change_the_changes(elements, monkeypatch):
    readout, parts = inputs()
    unigram = Unigram.from_counts(references_ablation.counts_for(40))
    whole = changes(readout, parts, unigram)
    monkeypatch.setitem(BYTES_AT_ONCE, "cpu", 4 * elements)
    assert_close(changes(readout, parts, unigram), whole)


@FEW
@given(st.floats(-30, 30), st.integers(0, 50))
def test_a_constant_in_the_bias_changes_nothing(constant, seed):
    readout, parts = inputs(seed=seed)
    moved = replace(readout, bias=readout.bias + constant)
    for name, values in changes(readout, parts).items():
        assert changes(moved, parts)[name].allclose(values, rtol=1e-3, atol=2e-5), name


@FEW
@given(st.floats(0.05, 20), st.integers(0, 50))
def test_only_the_product_of_activation_and_output_weights_counts(factor, seed):
    readout, (residual, target, w_out, delta) = inputs(seed=seed)
    one = changes(readout, (residual, target, w_out, delta))
    other = changes(readout, (residual, target, w_out * factor, delta / factor))
    assert_close(other, one, noise=1e-5)


@FEW
@given(st.permutations(range(5)), st.integers(0, 50))
def test_neurons_do_not_touch_one_another(order, seed):
    readout, (residual, target, w_out, delta) = inputs(seed=seed)
    whole = changes(readout, (residual, target, w_out, delta))
    some = changes(readout, (residual, target, w_out[order], delta[:, order]))
    assert_close(some, {name: values[:, order] for name, values in whole.items()})


@FEW
@given(st.integers(0, 50))
def test_divergences_are_not_negative_and_no_change_changes_nothing(seed):
    readout, (residual, target, w_out, delta) = inputs(seed=seed)
    found = changes(readout, (residual, target, w_out, delta))
    assert (found["kl_from_clean"] >= 0).all()
    assert set(found["argmax_changed"].unique().tolist()) <= {0.0, 1.0}
    for name, values in changes(readout, (residual, target, w_out, 0 * delta)).items():
        assert values.abs().max() < 1e-6, name


def test_adding_a_constant_to_the_models_bias_leaves_the_scan_alone():
    network = references.tiny_network("phi")
    before = scan(references.load_network(network), references.tokens_for(), neurons=[3, 40])
    with torch.no_grad():
        network.lm_head.bias += 7
    after = scan(references.load_network(network), references.tokens_for(), neurons=[3, 40])
    for name in ("entropy_total", "entropy_direct", "loss_total", "kl_from_clean"):
        assert after[name].tolist() == pytest.approx(before[name].tolist(), rel=1e-3, abs=1e-6)
