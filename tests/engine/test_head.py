"""The likeliest tokens of each prediction: exact, against a softmax over them in double."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from confidence_neurons.engine import head as head_module
from confidence_neurons.engine.head import Head, HeadChanges
from confidence_neurons.engine.readout import Ablations, Clean
from engine.synthetic import (
    inputs,
    logits_by_hand,
    panel_by_entry,
    scale_by_hand,
    scaled_delta,
    streams_by_hand,
)

BITS = torch.tensor(2.0).log()


def in_double(parts):
    return tuple(part.double() if part.is_floating_point() else part for part in parts)


def measured(readout, parts):
    ablations = Ablations.build(readout, *parts)
    clean = Clean.build(readout, ablations)
    head = Head.of(clean, clean.scaled(readout))
    panel = panel_by_entry(readout, ablations)
    return head, HeadChanges.measure(readout, head, ablations, panel)


def sums_by_hand(clean, logits, entries):
    """Mass and sum of mass times logit over the entries, up to the same constants for all."""
    log_p = clean.log_softmax(dim=-1)
    level = log_p + -(log_p.exp() * log_p).sum(dim=-1, keepdim=True)
    grown = (log_p + logits - clean).gather(1, entries).exp()
    after = (level + logits - clean).gather(1, entries)
    return grown.sum(dim=-1), (grown * after).sum(dim=-1)


@pytest.mark.parametrize(("size", "expected"), [(9, 9), (128, 20)])
def test_a_head_is_the_likeliest_entries_or_half_of_a_small_vocabulary(size, expected, monkeypatch):
    monkeypatch.setattr(head_module, "SIZE", size)
    readout, parts = inputs()
    head, _ = measured(readout, parts)
    log_p = logits_by_hand(readout, parts[0]).log_softmax(dim=-1)
    assert head.entries.shape == (7, expected)
    for row, entries in zip(log_p.tolist(), head.entries.tolist(), strict=True):
        assert entries == sorted(range(40), key=lambda entry: -row[entry])[:expected]
    assert (head.log_p * BITS).double().allclose(log_p.gather(1, head.entries), atol=1e-5)


def test_a_vocabulary_of_one_pair_has_a_head_of_one():
    readout, parts = inputs(d_vocab=2)
    assert measured(readout, parts)[0].entries.shape == (7, 1)


@settings(max_examples=25, deadline=None)
@given(st.booleans(), st.integers(0, 50), st.floats(1e-3, 5))
def test_changes_are_those_of_sums_by_hand(centres, seed, factor):
    readout, parts = inputs(seed=seed, centres=centres)
    readout, parts = readout.to(torch.float64), in_double(scaled_delta(parts, factor))
    head, found = measured(readout, parts)
    clean, scale = logits_by_hand(readout, parts[0]), scale_by_hand(readout, parts[0])
    before = sums_by_hand(clean, clean, head.entries)
    residual, target, w_out, delta = parts
    ablations = Ablations.build(readout, residual, target, w_out, delta)
    readings = readout.readings(ablations.w_out)
    # Readings are centred over the vocabulary, and the scaled part under p: so are changes.
    p, scaled = clean.softmax(dim=-1), clean - readout.bias
    g = scaled - (p * scaled).sum(dim=-1, keepdim=True)
    for neuron in range(len(parts[2])):
        stream = streams_by_hand(parts, neuron)
        logits = {
            "direct": logits_by_hand(readout, stream, scale),
            "total": logits_by_hand(readout, stream),
        }
        q, stretch = readings[neuron], ablations.stretch[:, [neuron]]
        moved = ablations.push[:, [neuron]] * q
        after = {
            "direct": clean + moved,
            "total": clean + (1 + stretch) * moved + stretch * g,
        }
        for path, values in after.items():
            same = values.log_softmax(dim=-1)
            assert same.allclose(logits[path].log_softmax(dim=-1), atol=1e-9)
            mass, logit = sums_by_hand(clean, values, head.entries)
            sums = getattr(found, path)
            size = 1 + logit.abs() + mass
            for ours, theirs in ((sums.mass, mass - before[0]), (sums.logit, logit - before[1])):
                assert ((ours[:, neuron] - theirs).abs() <= 1e-10 * size).all(), path
        p_head = p.gather(1, head.entries)
        reading = (p_head * q[head.entries]).sum(dim=-1)
        assert found.reading[:, neuron].allclose(reading)
        chosen = after["total"].gather(1, head.entries).argmax(dim=-1)
        assert (found.overtaken[:, neuron] == (chosen != 0)).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.floats(1e-4, 1))
def test_single_precision_is_good_to_its_digits(seed, factor):
    readout, parts = inputs(seed=seed)
    parts = scaled_delta(parts, factor)
    _, found = measured(readout, parts)
    _, expected = measured(readout.to(torch.float64), in_double(parts))
    for path in ("direct", "total"):
        for name in ("mass", "logit"):
            ours = getattr(getattr(found, path), name).double()
            theirs = getattr(getattr(expected, path), name)
            assert ((ours - theirs).abs() <= 1e-4 * theirs.abs() + 1e-5).all(), name


@pytest.mark.parametrize("size", [1, 1000, 10**7])
def test_tokens_at_once_do_not_change_the_sums(size, monkeypatch):
    readout, parts = inputs()
    _, whole = measured(readout, parts)
    monkeypatch.setattr(head_module, "bytes_at_once", lambda device: size)
    _, found = measured(readout, parts)
    for path in ("direct", "total"):
        for name in ("mass", "logit"):
            ours, theirs = getattr(getattr(found, path), name), getattr(getattr(whole, path), name)
            assert ours.allclose(theirs, rtol=1e-5, atol=1e-6)
    assert found.reading.allclose(whole.reading, atol=1e-6)
    assert found.overtaken.equal(whole.overtaken)
