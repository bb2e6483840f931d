"""Pieces: every token and neuron in one of them, and the same numbers in all sizes."""

import pytest
import torch

import references
import references_ablation
from confidence_neurons.engine.check import ErrorCheck
from confidence_neurons.engine.memory import Plan
from confidence_neurons.engine.pieces import exact_pieces, second_order_pieces
from confidence_neurons.engine.readout import Ablations
from confidence_neurons.engine.scan import scan
from confidence_neurons.text.reading import prose_tokens
from engine.synthetic import inputs

LEAST = 12_700_000  # bytes: a few neurons and tokens of a vocabulary of 300


def joined(pieces, shape):
    """The changes of all pieces put together, and how often each place was measured."""
    whole, times = {}, torch.zeros(shape)
    for piece in pieces:
        times[piece.tokens, piece.neurons] += 1
        for name, values in piece.changes.items():
            whole.setdefault(name, torch.zeros(shape))[piece.tokens, piece.neurons] = values
    return whole, times


def estimated_pieces(readout, ablations, plan):
    return second_order_pieces(readout, ablations, plan, ErrorCheck(*ablations.push.shape))


@pytest.mark.parametrize("pieces", [exact_pieces, estimated_pieces])
@pytest.mark.parametrize("plan", [Plan(1, 1), Plan(2, 3), Plan(5, 2), Plan(99, 99)])
def test_every_token_and_neuron_is_measured_once_and_alike(pieces, plan):
    readout, parts = inputs()
    ablations = Ablations.build(readout, *parts)
    expected, _ = joined(pieces(readout, ablations, Plan(5, 7)), (7, 5))
    found, times = joined(pieces(readout, ablations, plan), (7, 5))
    assert (times == 1).all()
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert found[name].allclose(values, rtol=1e-4, atol=2e-6), name


@pytest.mark.parametrize("plan", [Plan(1, 1), Plan(2, 3)])
def test_the_error_estimate_does_not_depend_on_the_plan(plan):
    readout, (residual, target, w_out, delta) = inputs()
    ablations = Ablations.build(readout, residual, target, w_out, 0.1 * delta)
    expected, found = ErrorCheck(7, 5), ErrorCheck(7, 5)
    for check, each in ((expected, Plan(5, 7)), (found, plan)):
        for _ in second_order_pieces(readout, ablations, each, check):
            pass
    assert (expected.relative_error(torch.ones(5)) > 0).all()
    for name in ("cubes", "sampled_cubes", "missed"):
        assert getattr(found, name).allclose(getattr(expected, name), rtol=2e-2), name


@pytest.mark.parametrize("method", ["exact", "second-order"])
@pytest.mark.parametrize("architecture", ["gpt2-tied", "llama"])
def test_a_small_budget_gives_the_same_frame(architecture, method):
    model = references_ablation.loud_model(architecture)
    tokens, counts = references.tokens_for(rows=3), references_ablation.counts_for()
    arguments = {"counts": counts, "method": method, "frequency": method == "exact"}
    assert Plan.within(LEAST, 300, 64).neurons < 64
    small, large = (
        scan(model, tokens, memory_budget=LEAST, **arguments),
        scan(model, tokens, **arguments),
    )
    assert small["method"].equals(large["method"])
    for name in large.columns.drop("method"):
        noise = 2e-3 if name.endswith("mediated") else 2e-7
        if name.startswith("kl_reverse_"):
            noise = max(noise, 8e-7)
        if name == "error_estimate":  # rounding, over an effect that may be small itself
            noise = 1e-3
        assert small[name].tolist() == pytest.approx(large[name].tolist(), rel=1e-4, abs=noise), (
            name
        )


def test_a_small_budget_gives_the_same_frame_on_prose():
    model = references.bundled("prose")
    tokens, neurons = prose_tokens(model, 32, 1), list(range(0, 512, 32))
    small = scan(model, tokens, neurons=neurons, memory_budget=13_000_000)
    large = scan(model, tokens, neurons=neurons)
    for name in ("entropy_total", "entropy_direct", "entropy_indirect", "loss_total"):
        assert small[name].tolist() == pytest.approx(large[name].tolist(), rel=1e-4, abs=2e-7)
