"""Unigram frequencies and the direction that leads to them, against loops."""

import math

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import references
from confidence_neurons import unigram_counts
from confidence_neurons.weights.unigram import (
    Unigram,
    frequency_cosine,
    frequency_direction,
    unigram_distribution,
)

FEW = settings(max_examples=25, deadline=None)
COUNTS = st.lists(st.integers(0, 10**7), min_size=2, max_size=20).filter(any)


@FEW
@given(COUNTS)
def test_unigram_distribution_is_add_one_smoothing(counts):
    total = sum(counts) + len(counts)
    expected = [(count + 1) / total for count in counts]
    found = unigram_distribution(torch.tensor(counts))
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
    found = frequency_direction(torch.tensor(counts))
    expected = [(value - mean) / length for value in logs]
    assert found.tolist() == pytest.approx(expected, abs=1e-3 if length < 0.1 else 1e-4)
    assert found[counts.index(max(counts))] > found[counts.index(min(counts))]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (torch.ones(2, 3, dtype=torch.long), r"\(2, 3\)"),
        (torch.tensor([3, -1]), "negative"),
        (torch.zeros(4, dtype=torch.long), "zero"),
    ],
)
def test_what_are_no_counts_is_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        unigram_distribution(counts)


def test_equal_counts_have_no_direction():
    with pytest.raises(ValueError, match="alike"):
        frequency_direction(torch.tensor([5, 5, 5]))


def test_planted_neurons_push_towards_and_away_from_frequent_tokens():
    counts = torch.tensor([1000, 300, 20, 5, 0])
    u = frequency_direction(counts)
    sideways = torch.linalg.qr(torch.stack([u, torch.ones(5), torch.arange(5.0)], 1))[0][:, 2]
    unembedding = torch.stack([u, sideways])
    w_out = torch.tensor([[2.0, 0.0], [-0.1, 0.0], [0.0, 3.0], [1.0, 1.0]])
    found = frequency_cosine(w_out, unembedding, counts)
    assert found.tolist() == pytest.approx([1, -1, 0, 2**-0.5], abs=1e-6)


def test_frequency_cosine_agrees_with_a_loop():
    generator = torch.Generator().manual_seed(0)
    w_out = torch.randn(4, 8, generator=generator)
    unembedding = torch.randn(8, 30, generator=generator)
    counts = torch.randint(0, 1000, (30,), generator=generator)
    logs = (counts.double() + 1).log()
    expected = [references.cosine(neuron @ unembedding, logs - logs.mean()) for neuron in w_out]
    found = frequency_cosine(w_out, unembedding, counts)
    assert found.tolist() == pytest.approx(expected, abs=1e-5)


def test_a_neuron_without_a_direct_effect_has_cosine_zero_not_that_of_rounding():
    generator = torch.Generator().manual_seed(0)
    unembedding = torch.randn(8, 30, generator=generator)
    null = torch.randn(8, generator=generator)
    null /= null.norm()
    unembedding -= torch.outer(null, null @ unembedding)  # 0 along null, but for rounding
    counts = torch.randint(0, 1000, (30,), generator=generator)
    w_out = torch.stack([5 * null, torch.zeros(8), null + 1e-3 * unembedding[:, 0]])
    found = frequency_cosine(w_out, unembedding, counts)
    assert (null @ unembedding).abs().max() > 0
    assert found[:2].tolist() == [0, 0]
    u = frequency_direction(counts)
    assert found[2].item() == pytest.approx(
        references.cosine(1e-3 * unembedding[:, 0] @ unembedding, u), abs=1e-3
    )


def test_counts_of_another_vocabulary_are_refused():
    with pytest.raises(ValueError, match="expected counts for 30 tokens, got 29"):
        frequency_cosine(torch.ones(1, 8), torch.ones(8, 30), torch.arange(29))


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
    unigram = Unigram.from_counts(torch.tensor(counts), len(counts))
    assert unigram.probability.equal(unigram_distribution(torch.tensor(counts)))
    log_p = unigram.probability.double().log()
    rebuilt = log_p.mean() + unigram.spread * unigram.direction.double()
    assert rebuilt.allclose(log_p, atol=1e-4)
    expected = sum(
        p * u for p, u in zip(unigram.probability.tolist(), unigram.direction.tolist(), strict=True)
    )
    assert unigram.mean_direction == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (torch.arange(29), "expected counts for 30 tokens, got 29"),
        (torch.zeros(30, dtype=torch.long), "zero"),
        (torch.arange(30) - 1, "negative"),
        (torch.full((30,), 7), "alike"),
    ],
)
def test_a_unigram_of_unfit_counts_is_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        Unigram.from_counts(counts, 30)
