"""Means over the tokens: absolute, and signed where a shift is reported."""

import pytest
import torch

from confidence_neurons.engine import effects
from confidence_neurons.engine.effects import Sums, exact_effects, second_order_effects
from confidence_neurons.engine.memory import Plan
from confidence_neurons.engine.pieces import exact_pieces
from engine.synthetic import inputs, scaled_delta, sources


def test_sums_of_pieces_are_means_of_sizes_and_of_signed_changes():
    sums = Sums(3)
    sums.add(slice(0, 2), {"entropy_total": torch.tensor([[1.0, -2.0], [-3.0, 4.0]])})
    sums.add(slice(0, 2), {"entropy_total": torch.tensor([[-1.0, 0.0]])})
    sums.add(slice(2, 3), {"entropy_total": torch.tensor([[5.0], [5.0], [-4.0]])})
    found = sums.means(3)
    assert found.columns.tolist() == ["entropy_total", "entropy_shift"]
    assert found["entropy_total"].tolist() == pytest.approx([5 / 3, 2, 14 / 3])
    assert found["entropy_shift"].tolist() == pytest.approx([-1, 2 / 3, 2])


def test_exact_effects_are_means_over_the_tokens():
    readout, parts = inputs()
    (whole,) = exact_pieces(readout, sources(parts), Plan(5, 7))
    found = exact_effects(readout, sources(parts), Plan(2, 3))
    for name, values in whole.changes.items():
        expected = [sum(map(abs, column)) / 7 for column in values.T.tolist()]
        assert found[name].tolist() == pytest.approx(expected, rel=1e-4, abs=1e-6), name
    for quantity in ("entropy", "loss"):
        expected = [sum(column) / 7 for column in whole.changes[f"{quantity}_total"].T.tolist()]
        assert found[f"{quantity}_shift"].tolist() == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert (found["method"] == "exact").all()


def test_large_changes_are_not_left_to_the_estimate():
    readout, (residual, target, w_out, delta) = inputs()
    large = sources((residual, target, w_out, 10 * delta.sign()))
    found, exact = (
        measure(readout, large, Plan(5, 7)) for measure in (second_order_effects, exact_effects)
    )
    assert list(found.columns) == list(exact.columns)
    for name in ("entropy_total", "entropy_direct", "loss_total", "kl_from_clean"):
        assert found[name].tolist() == pytest.approx(exact[name].tolist(), rel=1e-3), name


def test_a_neuron_with_a_poor_estimate_is_measured_exactly(monkeypatch):
    readout, (residual, target, w_out, delta) = inputs()
    delta *= torch.tensor([0.1, 0.01, 0.1, 0.01, 0.1])
    some = sources((residual, target, w_out, delta))
    monkeypatch.setattr(effects, "POOR_ESTIMATE", torch.inf)
    error = second_order_effects(readout, some, Plan(5, 7))["error_estimate"]
    monkeypatch.setattr(effects, "POOR_ESTIMATE", float(error.median()))
    found = second_order_effects(readout, some, Plan(5, 7))
    exact = exact_effects(readout, some, Plan(5, 7))
    poor = error > error.median()
    assert 0 < poor.sum() < 5
    assert ((found["method"] == "exact") == poor).all()
    for name in ("entropy_total", "loss_direct", "kl_from_clean"):
        assert found.loc[poor, name].tolist() == pytest.approx(exact.loc[poor, name].tolist())
        assert (found.loc[~poor, name] != exact.loc[~poor, name]).all(), name


def test_the_rounding_of_small_changes_is_no_error_of_the_estimate():
    readout, parts = inputs()
    found = second_order_effects(readout, sources(scaled_delta(parts, 3e-6)), Plan(5, 7))
    assert (found["entropy_total"] > 0).all()
    assert (found["method"] == "second-order").all()
