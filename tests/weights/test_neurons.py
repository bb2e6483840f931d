"""What output weights say, on planted neurons and against loops."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
from confidence_neurons.weights.neurons import logit_cosine, logit_var, null_fraction
from confidence_neurons.weights.unigram import Unigram

FEW = settings(max_examples=30, deadline=None)


def random_matrix(rows: int, columns: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


def orthonormal(size: int, seed: int = 0) -> torch.Tensor:
    return torch.linalg.qr(random_matrix(size, size, seed).double())[0].float()


@pytest.mark.parametrize("k", [1, 3])
def test_planted_neurons_are_wholly_inside_or_wholly_outside(k):
    basis = orthonormal(8)
    null, rest = basis[:, -k:], basis[:, :-k]
    inside = 4.0 * null @ torch.ones(k)
    outside = rest @ torch.arange(1.0, 9 - k)
    found = null_fraction(torch.stack([inside, outside]), null)
    assert found.tolist() == pytest.approx([1, 0], abs=1e-6)


def test_null_fraction_is_a_ratio_of_norms():
    basis = orthonormal(8)
    neuron = 0.6 * basis[:, -1] + 0.8 * basis[:, 0]
    assert null_fraction(10 * neuron[None], basis[:, -2:]).item() == pytest.approx(0.6, abs=1e-6)


@FEW
@given(st.integers(0, 200), st.integers(1, 8))
def test_inside_and_outside_make_up_the_whole(seed, k):
    basis, w_out = orthonormal(8, seed), random_matrix(5, 8, seed + 1)
    inside = null_fraction(w_out, basis[:, -k:])
    assert ((inside >= 0) & (inside <= 1 + 1e-6)).all()
    if k < 8:
        outside = null_fraction(w_out, basis[:, :-k])
        assert (inside**2 + outside**2).allclose(torch.ones(5), atol=1e-5)


def test_a_neuron_that_writes_nothing_has_no_null_fraction():
    assert null_fraction(torch.zeros(1, 8), orthonormal(8)[:, :2]).isnan().all()


def test_logit_var_agrees_with_a_loop():
    w_out, unembedding = random_matrix(4, 8, 1), random_matrix(8, 30, 2)
    expected = [references.logit_var(neuron, unembedding) for neuron in w_out]
    assert logit_var(w_out, unembedding).tolist() == pytest.approx(expected, rel=1e-4)


@FEW
@given(st.floats(0.01, 100), st.floats(0.01, 100))
def test_logit_var_knows_directions_not_lengths(neuron_factor, token_factor):
    w_out, unembedding = random_matrix(4, 8, 1), random_matrix(8, 30, 2)
    factors = torch.linspace(token_factor, 1, 30)
    scaled = logit_var(neuron_factor * w_out, unembedding * factors)
    assert scaled.allclose(logit_var(w_out, unembedding), rtol=1e-4)


def test_logit_var_is_zero_where_a_neuron_moves_all_logits_alike():
    unembedding = torch.cat([random_matrix(3, 30), torch.zeros(1, 30)])
    unembedding = torch.nn.functional.normalize(unembedding, dim=0)
    unembedding = torch.cat([unembedding, torch.ones(1, 30)])  # the same cosine with every token
    w_out = torch.tensor([[0.0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0]])
    found = logit_var(w_out, unembedding)
    assert found[:2].tolist() == pytest.approx([0, 0], abs=1e-12)
    assert found[2] > 0.01


def test_logit_var_with_a_token_whose_unembedding_is_zero():
    unembedding = torch.tensor([[1.0, 0.0], [0.0, 0.0]])  # cosines 1 and 0
    assert logit_var(torch.tensor([[2.0, 0.0]]), unembedding).item() == pytest.approx(0.25)


def test_logit_var_of_a_neuron_that_writes_nothing_is_zero():
    assert logit_var(torch.zeros(1, 8), random_matrix(8, 30)).item() == 0


def test_planted_neurons_push_towards_and_away_from_frequent_tokens():
    counts = torch.tensor([1000, 300, 20, 5, 0])
    u = Unigram.from_counts(counts).direction
    sideways = torch.linalg.qr(torch.stack([u, torch.ones(5), torch.arange(5.0)], 1))[0][:, 2]
    unembedding = torch.stack([u, sideways])
    w_out = torch.tensor([[2.0, 0.0], [-0.1, 0.0], [0.0, 3.0], [1.0, 1.0]])
    found = logit_cosine(w_out, unembedding, Unigram.from_counts(counts).direction)
    assert found.tolist() == pytest.approx([1, -1, 0, 2**-0.5], abs=1e-6)


def test_the_cosine_agrees_with_a_loop():
    generator = torch.Generator().manual_seed(0)
    w_out = torch.randn(4, 8, generator=generator)
    unembedding = torch.randn(8, 30, generator=generator)
    counts = torch.randint(0, 1000, (30,), generator=generator)
    logs = (counts.double() + 1).log()
    expected = [references.cosine(neuron @ unembedding, logs - logs.mean()) for neuron in w_out]
    found = logit_cosine(w_out, unembedding, Unigram.from_counts(counts).direction)
    assert found.tolist() == pytest.approx(expected, abs=1e-5)


def test_a_neuron_without_a_direct_effect_has_cosine_zero_not_that_of_rounding():
    generator = torch.Generator().manual_seed(0)
    unembedding = torch.randn(8, 30, generator=generator)
    null = torch.randn(8, generator=generator)
    null /= null.norm()
    unembedding -= torch.outer(null, null @ unembedding)  # 0 along null, but for rounding
    counts = torch.randint(0, 1000, (30,), generator=generator)
    w_out = torch.stack([5 * null, torch.zeros(8), null + 1e-3 * unembedding[:, 0]])
    found = logit_cosine(w_out, unembedding, Unigram.from_counts(counts).direction)
    assert (null @ unembedding).abs().max() > 0
    assert found[:2].tolist() == [0, 0]
    u = Unigram.from_counts(counts).direction
    assert found[2].item() == pytest.approx(
        references.cosine(1e-3 * unembedding[:, 0] @ unembedding, u), abs=1e-3
    )
