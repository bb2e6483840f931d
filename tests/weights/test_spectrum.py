"""The spectrum against the SVD, and gaps planted in its tail."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import references
from confidence_neurons.weights.spectrum import choose_null_dimension, spectrum
from confidence_neurons.weights.unembedding import effective_unembedding

FEW = settings(max_examples=30, deadline=None)


def random_matrix(rows: int, columns: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("architecture", ["gpt2-tied", "neox-serial", "phi"])
def test_layer_norms_centring_makes_the_all_ones_direction_null(architecture):
    model, _ = references.tiny_pair(architecture)
    found = spectrum(effective_unembedding(model))
    assert found.values[-1] < 1e-5 * found.values[0]
    assert found.values[-2] > 1e-2 * found.values[0]
    ones = torch.ones(model.cfg.d_model) / model.cfg.d_model**0.5
    assert abs(found.null_space(1)[:, 0] @ ones).item() == pytest.approx(1, abs=1e-5)


def test_rms_norm_has_no_exact_null_direction():
    model, _ = references.tiny_pair("llama")
    found = spectrum(effective_unembedding(model))
    assert found.values[-1] > 1e-2 * found.values[0]


@FEW
@given(st.integers(2, 12), st.integers(1, 30), st.integers(0, 100))
def test_spectrum_agrees_with_svd(d_model, d_vocab, seed):
    weights = random_matrix(d_model, d_vocab, seed)
    found = spectrum(weights)
    expected = torch.zeros(d_model, dtype=torch.float64)
    svd_values = torch.linalg.svdvals(weights.double())
    expected[: len(svd_values)] = svd_values
    assert found.values.double().allclose(expected, rtol=1e-5, atol=1e-5)
    assert (found.values.diff() <= 0).all()
    assert (found.directions.T @ found.directions).allclose(torch.eye(d_model), atol=1e-5)


def test_directions_are_the_left_singular_vectors_up_to_sign():
    weights = random_matrix(6, 40)
    left, _, _ = torch.linalg.svd(weights.double(), full_matrices=True)
    cosines = (left * spectrum(weights).directions.double()).sum(dim=0)
    assert cosines.abs().allclose(torch.ones(6, dtype=torch.float64), atol=1e-5)


def test_the_weights_can_be_put_together_again():
    weights = random_matrix(6, 40)
    found = spectrum(weights)
    right = found.directions.T @ weights / found.values[:, None]
    assert (right @ right.T).allclose(torch.eye(6), atol=1e-4)
    rebuilt = found.directions @ torch.diag(found.values) @ right
    assert rebuilt.allclose(weights, atol=1e-4)


def test_a_unit_step_along_a_direction_moves_the_logits_by_its_value():
    weights = random_matrix(6, 40)
    found = spectrum(weights)
    for direction, value in zip(found.directions.T, found.values, strict=True):
        assert (direction @ weights).norm().item() == pytest.approx(value.item(), rel=1e-4)


def test_the_null_space_holds_the_smallest_directions():
    found = spectrum(torch.diag(torch.tensor([3.0, 0.1, 2.0, 0.5])))
    null = found.null_space(2)
    assert null.shape == (4, 2)
    assert null.norm(dim=1).tolist() == pytest.approx([0, 1, 0, 1], abs=1e-6)


@FEW
@given(
    d_model=st.integers(24, 160),
    share=st.floats(0.01, 0.99),
    gap=st.floats(3, 100),
    step=st.floats(1.0, 1.08),
    exact=st.booleans(),
)
def test_a_planted_gap_in_the_tail_is_found(d_model, share, gap, step, exact):
    quarter = round(0.25 * d_model)
    planted = 1 + int(share * (quarter - 2))
    smallest_first = [1.0]
    for place in range(1, d_model):
        smallest_first.append(smallest_first[-1] * (gap if place == planted else step))
    assume(smallest_first[-1] < 1e4)
    if exact:
        smallest_first = [1e-7, *smallest_first[:-1]]
        planted += 1
    values = torch.tensor(smallest_first[::-1])
    assert choose_null_dimension(values) == planted


def test_the_gap_above_an_exact_direction_is_no_candidate():
    values = torch.tensor([9.0, 8, 7, 6, 5, 4.5, 4, 3.9, 3.8, 3.7, 1.0, 1e-6])
    assert choose_null_dimension(values) == 2


def test_a_gap_outside_the_smallest_quarter_is_not_looked_at():
    values = torch.tensor([100.0] + [5.0] * 12 + [4.0, 2.0, 2.0])
    assert choose_null_dimension(values) == 2


@pytest.mark.parametrize("values", [[5.0, 0, 0, 0, 0], [0.0, 0, 0, 0, 0], [2.0, 1.0]])
def test_a_spectrum_with_next_to_nothing_in_it_is_refused(values):
    with pytest.raises(ValueError, match="give k"):
        choose_null_dimension(torch.tensor(values))
