"""Unigram frequencies and the direction that leads to them, against loops."""

import math

import pandas as pd
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import confidence_neurons as cn
import references
from confidence_neurons import unigram_counts
from confidence_neurons.weights.unigram import Unigram

FEW = settings(max_examples=25, deadline=None)
COUNTS = st.lists(st.integers(0, 10**7), min_size=2, max_size=20).filter(any)


@FEW
@given(COUNTS.filter(lambda counts: len(set(counts)) > 1))
def test_unigram_distribution_is_add_one_smoothing(counts):
    total = sum(counts) + len(counts)
    expected = [(count + 1) / total for count in counts]
    found = Unigram.from_counts(torch.tensor(counts)).probability
    assert found.tolist() == pytest.approx(expected, rel=1e-5)
    assert found.sum().item() == pytest.approx(1, abs=1e-5)
    assert (found > 0).all()


@FEW
@given(COUNTS)
def test_the_direction_is_the_centred_log_frequency_of_length_one(counts):
    assume(len(set(counts)) > 1)
    logs = [math.log(count + 1) for count in counts]
    mean = sum(logs) / len(logs)
    length = math.sqrt(sum((value - mean) ** 2 for value in logs))
    assume(length > 1e-3)
    found = Unigram.from_counts(torch.tensor(counts)).direction
    expected = [(value - mean) / length for value in logs]
    assert found.tolist() == pytest.approx(expected, abs=1e-3 if length < 0.1 else 1e-4)
    assert found[counts.index(max(counts))] > found[counts.index(min(counts))]


def test_bundled_counts_fit_the_bundled_model():
    model = references.bundled("prose")
    counts = unigram_counts("prose")
    assert counts.shape == (model.cfg.d_vocab,)
    assert counts.dtype == torch.int64
    assert model.tokenizer.decode([int(counts.argmax())]) in {",", " the", "."}


@FEW
@given(COUNTS)
def test_a_unigram_holds_the_distribution_in_two_forms(counts):
    assume(len(set(counts)) > 1)
    unigram = Unigram.from_counts(torch.tensor(counts))
    log_p = unigram.probability.double().log()
    rebuilt = log_p.mean() + unigram.spread * unigram.direction.double()
    assert rebuilt.allclose(log_p, atol=1e-4)
    expected = sum(
        p * u for p, u in zip(unigram.probability.tolist(), unigram.direction.tolist(), strict=True)
    )
    assert unigram.mean_direction == pytest.approx(expected, abs=1e-6)


def test_a_model_without_counts_of_its_own_needs_some():
    model, _ = references.tiny_pair("llama")
    with pytest.raises(ValueError, match=r"expected counts, got none, .* with count_tokens"):
        Unigram.of(model, None)
    own = Unigram.of(references.bundled("prose"), None)
    assert own.probability.equal(Unigram.from_counts(unigram_counts("prose")).probability)


@pytest.mark.parametrize(
    ("probability", "message"),
    [
        ([0.5, 0.5, 0.0], "probability above 0 of each token"),
        ([0.5, 0.2, 0.2], "all together 1"),
        ([0.5, math.nan, 0.5], "probability above 0"),
        ([0.25, 0.25, 0.25, 0.25], "different probability"),
    ],
)
def test_what_is_no_distribution_or_has_no_direction(probability, message):
    with pytest.raises(ValueError, match=message):
        Unigram.from_probability(torch.tensor(probability), "a test")


def test_probabilities_are_taken_as_they_are():
    own = Unigram.from_probability(torch.tensor([0.7, 0.2, 0.1]), "a test")
    assert own.probability.tolist() == pytest.approx([0.7, 0.2, 0.1])
    assert own.source == "a test"
    assert own.as_counts().double().div(2**40).tolist() == pytest.approx([0.7, 0.2, 0.1])


def test_counts_and_frequencies_are_taken_alike():
    model, _ = references.tiny_pair("llama")
    state = cn.run(model, references.tokens_for(rows=2))
    counts = torch.arange(300)
    unigram = Unigram.from_counts(counts)
    logits, target = torch.randn(3, 300), torch.tensor([1, 2, 3])
    copies = cn.repeated_random(d_vocab=300, period=5, count=3)
    repeats = cn.induction.natural_repeats(copies, span=1)
    for use in (
        lambda known: cn.read(model, state, "kl", counts=known),
        lambda known: cn.effects(model, state, {"a": [1]}, quantities="kl", counts=known),
        lambda known: cn.neuron_weights(model, counts=known, k=3),
        lambda known: pd.DataFrame(cn.read_logits(logits, target, "kl", counts=known)),
        lambda known: cn.induction.matched_positions(copies, repeats, span=1, counts=known),
    ):
        pd.testing.assert_frame_equal(use(counts), use(unigram))


def test_frequencies_of_another_vocabulary():
    model, _ = references.tiny_pair("llama")
    with pytest.raises(ValueError, match=r"of 300 tokens, got 5.*another vocabulary"):
        cn.geometry(model, k=3, counts=Unigram.from_counts(torch.arange(5)))
