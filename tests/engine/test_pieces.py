"""Pieces: every token and neuron in one of them, and the same numbers in all sizes."""

import pytest
import torch

import references
import references_ablation
from confidence_neurons.engine import pieces as engine
from confidence_neurons.engine.check import ErrorCheck
from confidence_neurons.engine.memory import DEFAULT_BUDGET, Plan
from confidence_neurons.engine.pieces import LARGEST, exact_pieces, second_order_pieces
from confidence_neurons.engine.readout import Clean
from confidence_neurons.engine.scan import scan
from confidence_neurons.text.reading import prose_tokens
from confidence_neurons.weights.unigram import Unigram
from engine.synthetic import changes_by_hand, inputs, mlp_output, scaled_delta, sources

LEAST = 21_100_000  # bytes: a few neurons and tokens of a vocabulary of 300


def joined(pieces, shape):
    """The changes of all pieces put together, and how often each place was measured."""
    whole, times = {}, torch.zeros(shape)
    for piece in pieces:
        times[piece.tokens, piece.neurons] += 1
        for name, values in piece.changes.items():
            whole.setdefault(name, torch.zeros(shape))[piece.tokens, piece.neurons] = values
    return whole, times


def estimated_pieces(readout, some, plan):
    return second_order_pieces(readout, some, plan, ErrorCheck(len(some.w_out), share=0.0))


PLANS = pytest.mark.parametrize("plan", [Plan(1, 1), Plan(2, 3), Plan(5, 2), Plan(99, 99)])


@PLANS
@pytest.mark.parametrize("pieces", [exact_pieces, estimated_pieces])
def test_every_token_and_neuron_is_measured_once_and_alike(pieces, plan):
    readout, parts = inputs()
    some = sources(parts)
    expected, _ = joined(pieces(readout, some, Plan(5, 7)), (7, 5))
    found, times = joined(pieces(readout, some, plan), (7, 5))
    assert (times == 1).all()
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert found[name].allclose(values, rtol=1e-4, atol=2e-6), name


@PLANS
@pytest.mark.parametrize("pieces", [exact_pieces, estimated_pieces])
def test_tokens_with_large_logits_are_measured_exactly_in_double_precision(pieces, plan):
    readout, (residual, target, w_out, delta) = inputs(loudness=62)
    parts = (residual, target, w_out, 0.1 * delta)
    largest = Clean.build(readout, sources(parts).ablations(readout, slice(7), slice(5))).largest
    assert 0 < (largest > LARGEST).sum() < 7
    found, times = joined(pieces(readout, sources(parts), plan), (7, 5))
    assert (times == 1).all()
    expected = changes_by_hand(readout, parts)
    coarse = largest > LARGEST
    for name, values in expected.items():
        ours = found[name].double()
        assert ours[coarse].allclose(values[coarse], rtol=1e-6, atol=1e-9), name
        if pieces is exact_pieces:
            assert ours.allclose(values, rtol=1e-4, atol=1e-3), name


@pytest.mark.parametrize("unigram", [False, True])
def test_a_norm_after_the_mlp_and_a_unigram_are_kept_where_logits_are_large(unigram, monkeypatch):
    readout, parts = inputs(centres=False)
    mlp = mlp_output()
    frequencies = Unigram.from_counts(references_ablation.counts_for(40)) if unigram else None
    whole, _ = joined(exact_pieces(readout, sources(parts, mlp), Plan(5, 7), frequencies), (7, 5))
    monkeypatch.setattr(engine, "LARGEST", 0.0)
    found, _ = joined(exact_pieces(readout, sources(parts, mlp), Plan(5, 4), frequencies), (7, 5))
    assert set(found) == set(whole)
    for name, values in whole.items():
        assert found[name].allclose(values, rtol=1e-4, atol=3e-6), name


@pytest.mark.parametrize("plan", [Plan(1, 1), Plan(2, 3)])
def test_the_risks_do_not_depend_on_the_plan(plan):
    readout, parts = inputs()
    some = sources(scaled_delta(parts, 0.1))
    expected, found = ErrorCheck(5), ErrorCheck(5)
    for check, each in ((expected, Plan(5, 7)), (found, plan)):
        for _ in second_order_pieces(readout, some, each, check):
            pass
    assert (expected.risks > 0).all()
    assert found.risks.tolist() == pytest.approx(expected.risks.tolist(), rel=1e-3)


def test_the_errors_that_are_drawn_tell_of_all_of_them(monkeypatch):
    """With every estimate drawn, errors are exactly those of the estimate."""
    monkeypatch.setattr(engine, "MOST_RISK", torch.inf)
    readout, parts = inputs()
    some = sources(scaled_delta(parts, 0.1))
    check = ErrorCheck(5, share=1.0)
    exact, _ = joined(second_order_pieces(readout, some, Plan(5, 7), check), (7, 5))
    estimated, _ = joined(
        second_order_pieces(readout, some, Plan(5, 7), ErrorCheck(5, share=0.0)), (7, 5)
    )
    missed = (exact["entropy_total"] - estimated["entropy_total"]).abs()
    assert (missed > 0).float().mean() > 0.9
    assert check.drawn.tolist() == [7] * 5
    assert 0.01 < missed.sum() / check.risks.sum() < 1


@pytest.mark.parametrize("architecture", ["gpt2-tied", "llama"])
def test_a_small_budget_gives_the_same_frame(architecture):
    model = references_ablation.loud_model(architecture)
    tokens, counts = references.tokens_for(rows=3), references_ablation.counts_for()
    arguments = {"counts": counts, "frequency": True}
    assert Plan.within(LEAST, 300, 64, number_size=8).neurons < 64
    small, large = (
        scan(model, tokens, memory_budget=LEAST, **arguments),
        scan(model, tokens, **arguments),
    )
    for name in large.columns.drop("method"):
        noise = 2e-3 if name.endswith("mediated") else 2e-7
        if name.startswith("kl_reverse_"):
            noise = max(noise, 8e-7)
        assert small[name].tolist() == pytest.approx(large[name].tolist(), rel=1e-4, abs=noise), (
            name
        )


@pytest.mark.parametrize("architecture", ["gpt2-tied", "llama"])
def test_a_small_budget_gives_the_same_estimates_but_for_what_is_drawn(architecture):
    model, tokens = references_ablation.loud_model(architecture), references.tokens_for(rows=3)
    small, large = (
        scan(model, tokens, method="second-order", memory_budget=budget)
        for budget in (LEAST, DEFAULT_BUDGET)
    )
    allowed = small["error_estimate"] + large["error_estimate"] + 1e-4
    difference = (small["entropy_total"] - large["entropy_total"]).abs()
    assert (difference <= allowed * large["entropy_total"]).all()
    assert (difference < 1e-6).mean() > 0.5


def test_a_small_budget_gives_the_same_frame_on_prose():
    model = references.bundled("prose")
    tokens, neurons = prose_tokens(model, 32, 1), list(range(0, 512, 32))
    small = scan(model, tokens, neurons=neurons, memory_budget=21_400_000)
    large = scan(model, tokens, neurons=neurons)
    for name in ("entropy_total", "entropy_direct", "entropy_indirect", "loss_total"):
        assert small[name].tolist() == pytest.approx(large[name].tolist(), rel=1e-4, abs=2e-7)
