"""Entropy, divergence, loss and rank against Python loops."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
from confidence_neurons.measure.outputs import (
    entropy,
    kl_divergence,
    log_probabilities,
    nats_to_bits,
    next_token_loss,
    reciprocal_rank,
)

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
    assert nats_to_bits(entropy(halves)).item() == pytest.approx(1)


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
    with pytest.raises(ValueError, match=r"d_vocab.*\(3, 0\)"):
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


def test_next_token_loss_is_that_of_the_token_that_follows():
    logits, tokens = random_logits(), references.tokens_for(7, rows=2, length=5)
    losses = next_token_loss(logits, tokens)
    assert losses.shape == (2, 4)
    for row in range(2):
        for position in range(4):
            p = references.softmax(logits[row, position].tolist())
            assert losses[row, position].item() == pytest.approx(
                -math.log(p[tokens[row, position + 1]]), rel=1e-5
            )


def test_mean_loss_is_torchs_cross_entropy():
    logits, tokens = random_logits(1), references.tokens_for(7, rows=2, length=5, seed=1)
    expected = torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()
    )
    assert next_token_loss(logits, tokens).mean().item() == pytest.approx(expected.item(), rel=1e-6)


def test_reciprocal_rank_agrees_with_sorting():
    logits, tokens = random_logits(2), references.tokens_for(7, rows=2, length=5, seed=2)
    ranks = reciprocal_rank(logits, tokens)
    assert ranks.shape == (2, 4)
    for row in range(2):
        for position in range(4):
            place = references.rank(logits[row, position].tolist(), int(tokens[row, position + 1]))
            assert ranks[row, position].item() == pytest.approx(1 / place)


def test_the_last_position_counts_nowhere():
    tokens = references.tokens_for(7, rows=2, length=5)
    one, other = random_logits(3), random_logits(3)
    other[:, -1] = 50 * random_logits(4)[:, -1]
    assert torch.equal(next_token_loss(one, tokens), next_token_loss(other, tokens))
    assert torch.equal(reciprocal_rank(one, tokens), reciprocal_rank(other, tokens))


def test_reciprocal_rank_refuses_logits_that_are_no_numbers():
    with pytest.raises(ValueError, match="NaN"):
        reciprocal_rank(torch.full((1, 3, 4), torch.nan), torch.zeros(1, 3, dtype=torch.long))


@pytest.mark.parametrize("function", [next_token_loss, reciprocal_rank])
@pytest.mark.parametrize(
    ("logits", "tokens"), [((2, 5, 7), (2, 4)), ((5, 7), (5,)), ((2, 5, 7), (5, 2))]
)
def test_logits_and_tokens_of_different_shapes_are_refused(function, logits, tokens):
    with pytest.raises(ValueError, match="expected logits"):
        function(torch.zeros(logits), torch.zeros(tokens, dtype=torch.long))


def test_a_bit_is_log_2_nats():
    assert nats_to_bits(math.log(8)) == pytest.approx(3)
    assert nats_to_bits(torch.tensor([0.0, math.log(2)])).tolist() == pytest.approx([0, 1])
