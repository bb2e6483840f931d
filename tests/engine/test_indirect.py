"""The effect through the scale alone: interpolated against one softmax for each pair."""

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from confidence_neurons.engine.indirect import indirect_changes
from confidence_neurons.engine.readout import Ablations, Clean
from engine.synthetic import inputs


def levels(logits, target):
    log_p = logits.log_softmax(dim=-1)
    return -(log_p.exp() * log_p).sum(dim=-1), -log_p.gather(-1, target[:, None]).squeeze(-1)


def expected_changes(readout, residual, target, w_out, delta):
    """In double precision, one neuron at a time."""
    residual, w_out, delta = residual.double(), w_out.double(), delta.double()
    weights, bias, norm = readout.unembedding.double(), readout.bias.double(), readout.norm
    before = levels(norm.apply(residual) @ weights + bias, target)
    found = {"entropy_indirect": [], "loss_indirect": []}
    for neuron in range(len(w_out)):
        scale = norm.scale(residual + delta[:, neuron, None] * w_out[neuron])
        after = levels(norm.apply(residual, scale) @ weights + bias, target)
        for name, old, new in zip(found, before, after, strict=True):
            found[name].append(new - old)
    return {name: torch.stack(values, dim=1) for name, values in found.items()}


def found_changes(readout, parts):
    ablations = Ablations.build(readout, *parts)
    return indirect_changes(readout, Clean.build(readout, ablations), ablations)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 200), st.floats(0.001, 2))
@example(77, 2.0)  # the scale spreads more than twentyfold within a token
def test_changes_agree_with_a_softmax_for_each_pair(seed, size):
    readout, (residual, target, w_out, delta) = inputs(seed=seed)
    parts = (residual, target, w_out, size * delta)
    found, expected = found_changes(readout, parts), expected_changes(readout, *parts)
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert found[name].double().allclose(values, rtol=1e-4, atol=6e-6), name


def test_a_single_neuron_leaves_no_range_to_interpolate_over():
    readout, (residual, target, w_out, delta) = inputs(neurons=1)
    parts = (residual, target, w_out, delta)
    found, expected = found_changes(readout, parts), expected_changes(readout, *parts)
    for name, values in expected.items():
        assert found[name].double().allclose(values, rtol=1e-4, atol=1e-6), name


def test_an_unchanged_scale_changes_nothing():
    readout, (residual, target, w_out, delta) = inputs()
    for values in found_changes(readout, (residual, target, w_out, 0 * delta)).values():
        assert values.abs().max() < 1e-6


@pytest.mark.parametrize("loudness", [100.0, 1000.0])
def test_huge_logits_do_not_overflow(loudness):
    readout, parts = inputs(loudness=loudness)
    found, expected = found_changes(readout, parts), expected_changes(readout, *parts)
    for name, values in found.items():
        assert values.isfinite().all(), name
    size = float(expected["loss_indirect"].abs().max())
    error = (found["loss_indirect"].double() - expected["loss_indirect"]).abs().max()
    assert error < 1e-3 * size
