"""Moments over all but the likeliest tokens, against sums over the vocabulary in double."""

import pytest
import torch

from confidence_neurons.engine import head as head_module
from confidence_neurons.engine import tail as tail_module
from confidence_neurons.engine.head import Head
from confidence_neurons.engine.logits import Panel
from confidence_neurons.engine.readout import Ablations, Clean
from confidence_neurons.engine.tail import Tail
from engine.synthetic import inputs, logits_by_hand, panel_by_entry


def measured(readout, parts):
    ablations = Ablations.build(readout, *parts)
    clean = Clean.build(readout, ablations)
    scaled = clean.scaled(readout)
    head = Head.of(clean, scaled)
    panel = panel_by_entry(readout, ablations)
    return head, Tail.of(readout, clean, scaled, head, ablations, panel), panel


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("size", [6, 128])
def test_moments_are_sums_over_the_tail(size, biased, monkeypatch):
    monkeypatch.setattr(head_module, "SIZE", size)
    readout, parts = inputs()
    if not biased:
        readout.bias.zero_()
    head, tail, panel = measured(readout, parts)
    logits = logits_by_hand(readout, parts[0])
    for token, row in enumerate(logits):
        whole = row.softmax(dim=-1)
        rest = torch.ones(40, dtype=torch.bool)
        rest[head.entries[token]] = False
        share = whole[rest].sum()
        p = whole[rest] / share
        level = whole.log() - (whole * whole.log()).sum()
        scaled = row - readout.bias.double()
        g = scaled - (whole * scaled).sum()
        level, g = level[rest], g[rest]

        def centred(values, p=p):
            return values - (p * values).sum()

        assert tail.log_mass[token].item() == pytest.approx(share.log().item(), abs=1e-5)
        assert tail.mean[token].item() == pytest.approx((p * level).sum().item(), abs=1e-5)
        spread = (p * centred(g) ** 2).sum().sqrt()
        assert tail.scaled_spread[token].item() == pytest.approx(spread.item(), rel=1e-4)
        tail_p = tail.log_p[token].exp2()
        assert tail_p[rest].double().allclose(p, atol=1e-6)
        assert (tail_p[~rest] == 0).all()
        for neuron, readings in enumerate(panel.readings.double()):
            q = readings[rest]
            expected = {
                "q": (p * q).sum(),
                "l_q": (p * centred(level) * centred(q)).sum(),
                "g_q": (p * centred(g) * centred(q)).sum(),
                "q_q": (p * centred(q) ** 2).sum(),
                "l_q_q": (p * centred(level) * centred(q) ** 2).sum(),
                "l_g_q": (p * centred(level) * centred(g) * centred(q)).sum(),
            }
            for name, value in expected.items():
                found = getattr(tail.moments, name)[token, neuron].item()
                assert found == pytest.approx(value.item(), rel=1e-4, abs=1e-4), name


@pytest.mark.parametrize("entries", [1, 7, 40])
def test_entries_at_once_do_not_change_the_moments(entries, monkeypatch):
    readout, parts = inputs()
    _, whole, _ = measured(readout, parts)
    monkeypatch.setattr(tail_module, "ENTRIES_AT_ONCE", entries)
    _, found, _ = measured(readout, parts)
    for name in ("q_q", "l_q_q"):
        ours, theirs = getattr(found.moments, name), getattr(whole.moments, name)
        assert ours.allclose(theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("fast", [True, False])
def test_squares_are_rounded_where_that_is_fast_and_many_entries_even_it_out(fast, monkeypatch):
    monkeypatch.setattr(tail_module, "_multiplies_bfloat16", lambda: fast)
    many = torch.empty(tail_module.MANY_ENTRIES, 2)
    assert tail_module.squares_dtype(many) == (torch.bfloat16 if fast else torch.float32)
    assert tail_module.squares_dtype(many[1:]) == torch.float32
    assert tail_module.squares_dtype(many.double()) == torch.float64


def test_rounded_squares_have_nearly_the_same_means(monkeypatch):
    torch.manual_seed(0)
    readings = torch.randn(tail_module.MANY_ENTRIES, 12).T
    weights = (2 * torch.randn(5, tail_module.MANY_ENTRIES)).softmax(dim=-1)
    panel = Panel.of(readings)
    found = {}
    for fast in (True, False):
        monkeypatch.setattr(tail_module, "_multiplies_bfloat16", lambda fast=fast: fast)
        found[fast] = tail_module._means_of_squares(weights, panel)
    exact = weights.double() @ readings.T.double().square()
    assert found[False].double().allclose(exact, rtol=1e-4)
    assert found[True].double().allclose(exact, rtol=2e-3)
    assert not found[True].double().allclose(exact, rtol=1e-6)
