"""The effect through the scale alone: interpolated against one softmax for each pair."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from confidence_neurons.engine.indirect import indirect_changes
from confidence_neurons.engine.readout import Ablations, Clean
from engine.synthetic import changes_by_hand, inputs, mlp_output, scaled_delta

NAMES = ("entropy_indirect", "loss_indirect")


def expected_changes(readout, parts, mlp=None):
    expected = changes_by_hand(readout, parts, mlp)
    return {name: expected[name] for name in NAMES}


def found_changes(readout, parts, mlp=None):
    ablations = Ablations.build(readout, *parts, mlp=mlp)
    return indirect_changes(readout, Clean.build(readout, ablations), ablations)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 200), st.floats(0.001, 2))
@example(77, 2.0)  # the scale spreads more than twentyfold within a token
def test_changes_agree_with_a_softmax_for_each_pair(seed, size):
    readout, parts = inputs(seed=seed)
    parts = scaled_delta(parts, size)
    found, expected = found_changes(readout, parts), expected_changes(readout, parts)
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert found[name].double().allclose(values, rtol=1e-4, atol=6e-6), name


def test_a_norm_after_the_mlp_changes_the_scale_in_its_own_way():
    readout, parts = inputs(centres=False)
    parts, mlp = scaled_delta(parts, 2), mlp_output()
    found, expected = found_changes(readout, parts, mlp), expected_changes(readout, parts, mlp)
    for name, values in expected.items():
        assert found[name].double().allclose(values, rtol=1e-4, atol=2e-6), name


def test_a_single_neuron_leaves_no_range_to_interpolate_over():
    readout, parts = inputs(neurons=1)
    found, expected = found_changes(readout, parts), expected_changes(readout, parts)
    for name, values in expected.items():
        assert found[name].double().allclose(values, rtol=1e-4, atol=1e-6), name


def test_an_unchanged_scale_changes_nothing():
    readout, parts = inputs()
    for values in found_changes(readout, scaled_delta(parts, 0)).values():
        assert values.abs().max() < 1e-6


@pytest.mark.parametrize("loudness", [100.0, 1000.0])
def test_huge_logits_do_not_overflow(loudness):
    readout, parts = inputs(loudness=loudness)
    found, expected = found_changes(readout, parts), expected_changes(readout, parts)
    for name, values in found.items():
        assert values.isfinite().all(), name
    size = float(expected["loss_indirect"].abs().max())
    error = (found["loss_indirect"].double() - expected["loss_indirect"]).abs().max()
    assert error < 1e-3 * size
