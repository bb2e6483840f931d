"""Entropy, divergence, loss and rank against Python loops."""

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
import references_ablation
from confidence_neurons.measure.distributions import (
    entropy,
    kl_divergence,
    log_probabilities,
    nats_to_bits,
)
from confidence_neurons.measure.outputs import read, read_logits, tokens_at_once
from confidence_neurons.measure.quantities import QUANTITIES
from confidence_neurons.model.state import run
from confidence_neurons.text.reading import prose_tokens

FEW = settings(max_examples=25, deadline=None)
LOGITS = st.lists(st.floats(-30, 30, width=32), min_size=2, max_size=8)
TWO_LOGITS = st.integers(2, 8).flatmap(
    lambda size: st.tuples(
        *[st.lists(st.floats(-8, 8, width=32), min_size=size, max_size=size)] * 2
    )
)


def random_logits(seed: int = 0, rows: int = 2, length: int = 5, d_vocab: int = 7) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(rows, length, d_vocab, generator=generator)


@FEW
@given(LOGITS)
def test_entropy_agrees_with_a_loop(logits):
    assert entropy(torch.tensor(logits)).item() == pytest.approx(
        references.entropy(logits), rel=1e-4, abs=1e-6
    )


@FEW
@given(LOGITS, st.floats(-100, 100, width=32))
def test_entropy_lies_between_0_and_log_d_vocab_and_ignores_a_constant(logits, constant):
    value = entropy(torch.tensor(logits, dtype=torch.float64))
    shifted = entropy(torch.tensor(logits, dtype=torch.float64) + constant)
    assert -1e-12 <= value.item() <= math.log(len(logits)) + 1e-12
    assert shifted.item() == pytest.approx(value.item(), abs=1e-9)


def test_entropy_at_its_two_ends_and_with_impossible_tokens():
    assert entropy(torch.zeros(2, 3, 8)).allclose(torch.full((2, 3), math.log(8)))
    assert entropy(torch.tensor([0.0, -torch.inf, -torch.inf])).item() == 0
    halves = torch.tensor([1.0, 1.0, -torch.inf])
    assert nats_to_bits(float(entropy(halves))) == pytest.approx(1)


@FEW
@given(LOGITS)
def test_log_probabilities_add_up_to_one(logits):
    log_p = log_probabilities(torch.tensor(logits, dtype=torch.float64))
    expected = [math.log(p) for p in references.softmax(logits)]
    assert log_p.tolist() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("function", [entropy, log_probabilities])
def test_logits_that_are_no_numbers_are_refused(function, bad):
    with pytest.raises(ValueError, match="NaN"):
        function(torch.tensor([0.0, bad, 1.0]))


def test_logits_that_leave_no_token_possible_are_refused():
    with pytest.raises(ValueError, match="-inf"):
        entropy(torch.tensor([[0.0, 1.0], [-torch.inf, -torch.inf]]))


def test_an_empty_vocabulary_is_refused():
    with pytest.raises(ValueError, match=r"d_vocab.*\[3, 0\]"):
        log_probabilities(torch.zeros(3, 0))


@FEW
@given(TWO_LOGITS)
def test_kl_divergence_agrees_with_a_loop_and_is_never_negative(pair):
    log_p, log_q = (log_probabilities(torch.tensor(x, dtype=torch.float64)) for x in pair)
    expected = references.kl_divergence(*(references.softmax(x) for x in pair))
    assert kl_divergence(log_p, log_q).item() == pytest.approx(expected, abs=1e-9)
    assert kl_divergence(log_p, log_q).item() >= -1e-12
    assert kl_divergence(log_p, log_p).item() == 0


def test_kl_divergence_is_weighed_by_its_first_argument():
    p = torch.tensor([0.9, 0.1]).log()
    q = torch.tensor([0.5, 0.5]).log()
    assert kl_divergence(p, q).item() == pytest.approx(
        0.9 * math.log(1.8) + 0.1 * math.log(0.2), rel=1e-5
    )
    assert kl_divergence(p, q).item() != pytest.approx(kl_divergence(q, p).item(), rel=0.1)


def test_kl_divergence_with_impossible_tokens():
    certain = torch.tensor([0.0, -torch.inf])
    even = torch.tensor([0.5, 0.5]).log()
    assert kl_divergence(certain, even).item() == pytest.approx(math.log(2))
    assert kl_divergence(certain, certain).item() == 0
    assert kl_divergence(even, certain).item() == math.inf


def test_a_bit_is_log_2_nats():
    assert nats_to_bits(math.log(8)) == pytest.approx(3)


def test_what_logits_say_agrees_with_loops():
    counts = references_ablation.counts_for(7)
    logits, target = random_logits()[0], references.tokens_for(7, rows=1, length=5)[0]
    found = read_logits(logits, target, counts=counts)
    assert set(found) == set(QUANTITIES)
    frequency = [(count + 1) / (int(counts.sum()) + 7) for count in counts.tolist()]
    logs = [math.log(f) for f in frequency]
    mean = sum(logs) / 7
    length = math.sqrt(sum((value - mean) ** 2 for value in logs))
    for place in range(5):
        here, right = logits[place].tolist(), int(target[place])
        p = references.softmax(here)
        expected = {
            "entropy": references.entropy(here),
            "confidence": max(p),
            "loss": -math.log(p[right]),
            "rank": references.rank(here, right),
            "right": float(p.index(max(p)) == right),
            "kl": references.kl_divergence(frequency, p),
            "kl_reverse": references.kl_divergence(p, frequency),
            "projection": sum(
                (value - sum(here) / 7) * (log - mean) / length
                for value, log in zip(here, logs, strict=True)
            ),
        }
        for name, value in expected.items():
            assert found[name][place].item() == pytest.approx(value, rel=1e-4, abs=1e-5), name


def test_without_targets_or_counts_there_is_what_can_be_had():
    logits = random_logits()
    assert set(read_logits(logits)) == {"entropy", "confidence"}
    assert set(read_logits(logits, torch.zeros(2, 5, dtype=torch.long))) == {
        *("entropy", "confidence", "loss", "rank", "right")
    }
    with pytest.raises(ValueError, match=r"target= for the quantity 'loss', got none"):
        read_logits(logits, quantities="loss")
    with pytest.raises(ValueError, match=r"counts= for the quantity 'kl', got none"):
        read_logits(logits, quantities="kl")


def test_tokens_that_tie_with_the_target_do_not_push_it_back():
    logits, target = torch.tensor([[1.0, 1.0, 2.0]]), torch.tensor([1])
    assert read_logits(logits, target, "rank")["rank"].tolist() == [2]


@pytest.mark.parametrize("architecture", ["gpt2-tied", "llama", "phi"])
def test_a_state_says_what_its_logits_say(architecture):
    model, _ = references.tiny_pair(architecture)
    tokens, counts = references.tokens_for(rows=3), references_ablation.counts_for()
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens, names_filter="ln_final.hook_scale")
        logits = model(tokens)[:, 1:-1].flatten(0, 1)
    frame = read(model, run(model, tokens), ("scale", *QUANTITIES), counts=counts)
    assert frame["scale"].tolist() == pytest.approx(
        cache["ln_final.hook_scale"][:, 1:-1].flatten().tolist(), rel=1e-4
    )
    expected = read_logits(logits, tokens[:, 2:].flatten(), counts=counts)
    for name, values in expected.items():
        assert frame[name].tolist() == pytest.approx(values.tolist(), rel=1e-3, abs=2e-5), name


def test_a_bundled_model_is_compared_with_its_own_counts():
    model = references.bundled("prose")
    state = run(model, prose_tokens(model, length=8, count=1))
    assert (read(model, state, "kl")["kl"] > 0).all()
    other, _ = references.tiny_pair("llama")
    with pytest.raises(ValueError, match="expected counts"):
        read(other, run(other, references.tokens_for()), "kl")


def test_what_needs_no_target_can_be_read_at_the_last_position():
    model, _ = references.tiny_pair("llama")
    tokens = references.tokens_for()
    last = torch.zeros_like(tokens, dtype=torch.bool)
    last[:, -1] = True
    state = run(model, tokens, at=last)
    assert len(read(model, state, ("entropy", "confidence"))) == len(tokens)
    with pytest.raises(ValueError, match="leave it out"):
        read(model, state, "loss")


@pytest.mark.parametrize("bad", [torch.tensor([0.5, 0.5]), torch.tensor([math.nan, 0.0])])
def test_a_divergence_of_what_are_no_log_probabilities_is_refused(bad):
    good = torch.tensor([0.5, 0.5]).log()
    for pair in ((bad, good), (good, bad)):
        with pytest.raises(ValueError, match=r"log-probabilities|NaN"):
            kl_divergence(*pair)


def test_of_a_large_vocabulary_fewer_logits_are_held_at_once():
    model, _ = references.tiny_pair("llama")
    assert tokens_at_once(model) == 1024
    large: Any = SimpleNamespace(cfg=SimpleNamespace(d_vocab=2**18), tokenizer=None)
    assert tokens_at_once(large) == 64
