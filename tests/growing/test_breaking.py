"""Copies that break: where the model is inside of one, and what a hedge costs and saves."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import confidence_neurons as cn
from confidence_neurons.growing.breaking import (
    FIRST,
    INSIDE,
    Copies,
    break_even,
    changes,
    measure_copying,
)
from confidence_neurons.growing.holding import hold
from confidence_neurons.growing.language import SPEAKS, Language
from confidence_neurons.growing.network import build_network

LANGUAGE = Language(content=10, rank=3, copying=0.1, copy_length=12.0, broken=0.2)


@pytest.fixture
def model(recipe):
    """Not trained: large weights, so that what neurons write can be seen."""
    network = build_network(replace(recipe, vocab_size=LANGUAGE.d_vocab, sequence_length=40))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return hold(network, LANGUAGE.tokenizer(), "shaken")


@pytest.fixture
def copies(model) -> Copies:
    return Copies.of(model, LANGUAGE)


def test_inside_a_copy_the_next_token_and_those_before_are_copied(copies):
    tokens = copies.state.tokens.numpy()
    drawn = replace(LANGUAGE, broken=0.0).draw(len(tokens), tokens.shape[1], 11)
    assert np.array_equal(tokens, drawn.tokens)
    rows, places = np.nonzero(copies.copy.numpy())
    assert len(rows) > 100
    for back in range(INSIDE + 1):
        source = drawn.source[rows, places + 1 - back]
        assert (source != SPEAKS).all()
        assert (source == drawn.source[rows, places + 1] - back).all()
    spoken = copies.spoken.numpy()
    assert not (spoken & copies.copy.numpy()).any()
    rows, places = np.nonzero(spoken)
    assert (drawn.source[rows, places] == SPEAKS).all()
    assert (drawn.source[rows, places + 1] == SPEAKS).all()


def test_losses_are_those_of_the_copied_token_and_of_what_is_spoken(model, copies):
    copied, spoken = copies.losses(model, copies.state)
    here = copies.state.at(copies.copy)
    assert copied == pytest.approx(cn.read(model, here)["loss"].mean(), rel=1e-5)
    assert torch.allclose(copies.ahead.sum(dim=-1), torch.ones(len(copies.ahead)))
    # The expectation, by drawing what is spoken many times.
    logits = model.network(copies.state.tokens).logits.log_softmax(dim=-1)[copies.copy]
    generator = torch.Generator().manual_seed(0)
    drawn = torch.multinomial(copies.ahead, 2000, replacement=True, generator=generator)
    assert spoken == pytest.approx(float(-logits.gather(-1, drawn).mean()), rel=0.02)


def test_changes_are_those_of_the_losses_and_the_confidence(model, copies):
    level = copies.state.at(copies.spoken).mean_activations()
    found = changes(model, copies, [3, 5], level)
    held = cn.ablate(model, copies.state, [3, 5], to=level)
    before, after = copies.losses(model, copies.state), copies.losses(model, held)
    assert found["copied"] == pytest.approx(after[0] - before[0])
    assert found["spoken"] == pytest.approx(after[1] - before[1])
    sure = [
        cn.read(model, state.at(copies.copy), ("confidence",))["confidence"].mean()
        for state in (copies.state, held)
    ]
    assert found["confidence"] == pytest.approx(sure[1] - sure[0])
    assert found["confidence"] != 0


def test_the_break_even_is_where_a_hedge_costs_what_it_saves():
    """Taking the hedge away saves 0.1 nats in whole copies and costs 0.9 in broken ones."""
    rate = break_even(-0.1, 0.9)
    assert rate == pytest.approx(0.1)
    assert (1 - rate) * -0.1 + rate * 0.9 == pytest.approx(0)


@pytest.mark.parametrize(("copied", "spoken"), [(0.1, 0.9), (-0.1, -0.9), (0.1, -0.1), (0.0, 0.0)])
def test_without_a_hedge_there_is_no_break_even(copied, spoken):
    assert np.isnan(break_even(copied, spoken))


def test_every_measure_stands_once_with_the_strongest_first(model, copies):
    rows = measure_copying(model, LANGUAGE, k=4)
    names = [(row.measure, row.kind, row.index) for row in rows]
    assert len(set(names)) == len(names)
    shifts = [row.value for row in rows if row.measure == "hedger_entropy_shift"]
    assert len(shifts) == FIRST
    assert shifts == sorted(shifts)
    rises = [row.value for row in rows if row.measure == "riser_rise"]
    inside, outside = (copies.state.activations[mask] for mask in (copies.copy, copies.spoken))
    expected = (inside.mean(dim=0) - outside.mean(dim=0)) / outside.std(dim=0)
    assert rises == pytest.approx(expected.topk(FIRST).values.tolist(), rel=1e-3)
    values = {(row.measure, row.kind): row.value for row in rows}
    assert 0.5 < values["optimal_confidence", "copy"] <= 1 - LANGUAGE.broken / 2
    gap = values["confidence", "spoken"] - values["right", "spoken"]
    assert values["overconfidence", "spoken"] == pytest.approx(gap, abs=1e-6)
