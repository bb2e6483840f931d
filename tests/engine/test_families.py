"""Every family, both ways to hold it, against plain transformers with forward hooks in double."""

from functools import cache
from typing import Any

import pytest
import torch

import references
import references_ablation
import references_hooks
from confidence_neurons.engine.scan import scan
from confidence_neurons.engine.tokens import token_effects
from tiny_models import ARCHITECTURES, QUIRKY

TOKENS = references.tokens_for(rows=3)
COUNTS = references_ablation.counts_for()
NEURONS = [7, 40]
MEASURED = {*ARCHITECTURES, *QUIRKY}
NORM_AFTER_MLP = {"gemma2", "gemma3", "olmo2"}
EVERY_FAMILY = pytest.mark.parametrize("architecture", sorted(MEASURED))
BOTH_WAYS = pytest.mark.parametrize("hold", ["load_light", "load_model"])


@cache
def held(architecture, hold, dtype=torch.float32):
    network: Any = references_ablation.loud_network(architecture)
    if hold == "load_light":
        return references.light(network.to(dtype))
    return references.load_network(network).to(dtype)


@cache
def expected(architecture, neuron, layer):
    network: Any = references_ablation.loud_network(architecture)
    return references_hooks.changes_by_transformers(
        network, TOKENS, neuron, layer=layer, counts=COUNTS
    )


def assert_agrees(model, architecture, layer, noise):
    frame = scan(model, TOKENS, neurons=NEURONS, layer=layer, counts=COUNTS, frequency=True, k=2)
    for found in frame.to_dict("records"):
        row = references_ablation.row(expected(architecture, found["neuron"], layer))
        assert row["loss_total"] > 1e-5
        references_ablation.assert_agrees(found, row, noise)


@EVERY_FAMILY
@BOTH_WAYS
def test_exact_effects_are_those_of_whole_runs(architecture, hold):
    model = held(architecture, hold)
    assert_agrees(model, architecture, 1, references_ablation.SINGLE_NOISE)


@EVERY_FAMILY
@BOTH_WAYS
def test_effects_of_an_earlier_layer_are_those_of_whole_runs(architecture, hold):
    """Two runs in single precision differ by their rounding; in double they do not."""
    model = held(architecture, hold)
    assert_agrees(model, architecture, 0, references_ablation.HOOK_NOISE)
    if hold == "load_light":
        double = held(architecture, hold, torch.float64)
        assert_agrees(double, architecture, 0, references_ablation.SINGLE_NOISE)


@pytest.mark.parametrize("architecture", sorted(MEASURED - NORM_AFTER_MLP))
@BOTH_WAYS
def test_second_order_is_within_its_error_estimate(architecture, hold):
    frame = scan(held(architecture, hold), TOKENS, neurons=NEURONS, method="second-order", k=2)
    for found in frame.to_dict("records"):
        value = references_ablation.row(expected(architecture, found["neuron"], 1))["entropy_total"]
        allowed = max(found["error_estimate"], 1e-4) * value + references_ablation.SINGLE_NOISE
        assert found["entropy_total"] == pytest.approx(value, rel=0, abs=allowed)


@pytest.mark.parametrize("architecture", sorted(MEASURED - {"gemma2"}))
def test_changes_at_each_token_are_those_of_whole_runs(architecture):
    frame = token_effects(held(architecture, "load_light"), TOKENS, NEURONS)
    for neuron, rows in frame.groupby("neuron"):
        for name, values in expected(architecture, neuron, 1).items():
            if name in rows:
                assert rows[name].tolist() == pytest.approx(values.tolist(), rel=1e-4, abs=2e-6)


def test_a_family_whose_gain_is_not_folded_is_measured_by_its_bridge():
    """Refused by `load_light`, which has to know where its parts are."""
    frame = scan(held("glm", "load_model"), TOKENS, neurons=NEURONS, counts=COUNTS, frequency=True)
    for found in frame.to_dict("records"):
        row = references_ablation.row(expected("glm", found["neuron"], 1))
        references_ablation.assert_agrees(found, row, references_ablation.SINGLE_NOISE)
