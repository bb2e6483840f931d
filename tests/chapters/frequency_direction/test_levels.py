"""Entropy, loss and both distances to the unigram distribution, against loops."""

import math

import pytest
import torch

import references
from confidence_neurons.model.state import logits_from_residual, run_final
from confidence_neurons.weights.unigram import Unigram
from confidence_neurons_book.frequency_direction.levels import (
    SITUATIONS,
    logit_levels,
    logit_projection,
    residual_levels,
    token_levels,
)
from tiny_models import ARCHITECTURES

COUNTS = torch.arange(300).square() % 997


def by_loop(logits, target, counts):
    """One token: entropy, loss, KL(f || p), KL(p || f), projection on u."""
    p = references.softmax(logits)
    total = sum(count + 1 for count in counts)
    f = [(count + 1) / total for count in counts]
    mean = sum(math.log(x) for x in f) / len(f)
    u = [math.log(x) - mean for x in f]
    length = math.sqrt(sum(x * x for x in u))
    centre = sum(logits) / len(logits)
    return [
        references.entropy(logits),
        -math.log(p[target]),
        references.kl_divergence(f, p),
        references.kl_divergence(p, f),
        sum((logit - centre) * x / length for logit, x in zip(logits, u, strict=True)),
    ]


def test_levels_of_logits_agree_with_a_loop():
    logits = 3 * torch.randn(4, 300, generator=torch.Generator().manual_seed(0))
    target = torch.tensor([3, 0, 299, 7])
    found = logit_levels(logits, target, Unigram.from_counts(COUNTS, 300))
    for token in range(4):
        expected = by_loop(logits[token].double().tolist(), int(target[token]), COUNTS.tolist())
        values = [found.entropy, found.loss, found.kl, found.kl_reverse, found.projection]
        assert [float(value[token]) for value in values] == pytest.approx(expected, rel=1e-4)


def test_the_unigram_distribution_itself_is_at_no_distance():
    unigram = Unigram.from_counts(COUNTS, 300)
    found = logit_levels(unigram.probability.log()[None], torch.tensor([0]), unigram)
    assert float(found.kl) == pytest.approx(0, abs=1e-5)
    assert float(found.kl_reverse) == pytest.approx(0, abs=1e-5)
    assert float(found.projection) == pytest.approx(unigram.spread, rel=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_token_levels_on_tiny_models_agree_with_the_model_itself(architecture):
    model, _ = references.tiny_pair(architecture)
    tokens = references.tokens_for(rows=2, length=9)
    frame = token_levels(model, tokens, COUNTS)
    logits = model(tokens).double()
    assert list(frame["position"]) == [*range(1, 8)] * 2
    for row in frame.itertuples():
        target = int(tokens[row.sequence, row.position + 1])
        values = logits[row.sequence, row.position].tolist()
        expected = by_loop(values, target, COUNTS.tolist())
        found = [row.entropy, row.loss, row.kl, row.kl_reverse, row.projection]
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-4)
        p = references.softmax(values)
        assert row.target == target
        assert row.target_count == int(COUNTS[target])
        assert row.token == int(tokens[row.sequence, row.position])
        assert row.confidence == pytest.approx(max(p), rel=1e-3)
        sure = "sure" if max(p) >= 0.5 else "unsure"
        right = "right" if p.index(max(p)) == target else "wrong"
        assert row.situation == f"{sure} and {right}"


def test_all_situations_have_their_name():
    assert SITUATIONS == (
        "sure and right",
        "sure and wrong",
        "unsure and right",
        "unsure and wrong",
    )


def test_blocks_of_tokens_change_nothing(monkeypatch):
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for(rows=3)
    whole = token_levels(model, tokens, COUNTS)
    monkeypatch.setattr("confidence_neurons_book.frequency_direction.levels.TOKENS_AT_ONCE", 4)
    assert token_levels(model, tokens, COUNTS).round(4).equals(whole.round(4))


def test_adding_to_the_logits_and_freezing_the_scale():
    model, _ = references.tiny_pair("neox-serial")
    unigram = Unigram.from_counts(COUNTS, 300)
    residual = run_final(model, references.tokens_for()).residual[0]
    target = torch.ones(len(residual), dtype=torch.long)
    scale = torch.linspace(0.5, 2, len(residual))[:, None]
    amounts = torch.linspace(-1, 1, len(residual))
    found = residual_levels(
        model, residual, target, unigram, scale=scale, added=(amounts, unigram.direction)
    )
    logits = logits_from_residual(model, residual, scale)
    logits = logits + amounts[:, None] * unigram.direction
    expected = logit_levels(logits, target, unigram)
    assert torch.allclose(found.kl, expected.kl, atol=1e-5)
    without = residual_levels(model, residual, target, unigram, scale=scale)
    assert torch.allclose(found.projection - without.projection, amounts, atol=1e-3)


def test_the_projection_agrees_with_that_of_the_levels():
    model, _ = references.tiny_pair("neox-serial")
    unigram = Unigram.from_counts(COUNTS, 300)
    residual = run_final(model, references.tokens_for()).residual[0]
    target = torch.ones(len(residual), dtype=torch.long)
    expected = residual_levels(model, residual, target, unigram).projection
    found = logit_projection(model, residual, unigram.direction)
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_bad_input_is_refused():
    model, _ = references.tiny_pair("neox-serial")
    unigram = Unigram.from_counts(COUNTS, 300)
    with pytest.raises(ValueError, match="one target for each"):
        logit_levels(torch.zeros(2, 300), torch.tensor([1]), unigram)
    with pytest.raises(ValueError, match="another vocabulary"):
        logit_levels(torch.zeros(1, 299), torch.tensor([1]), unigram)
    with pytest.raises(ValueError, match="another vocabulary"):
        token_levels(model, references.tokens_for(), COUNTS[:-1])
    with pytest.raises(ValueError, match="positions"):
        token_levels(model, references.tokens_for()[:, :2], COUNTS)
