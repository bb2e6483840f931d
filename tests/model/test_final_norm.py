"""The final norm against PyTorch's own layers."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from confidence_neurons.model.final_norm import FinalNorm

FEW = settings(max_examples=20, deadline=None)


@FEW
@given(st.integers(0, 1000), st.sampled_from([1e-6, 1e-5, 1.0, 1e6]))
def test_layer_norm_agrees_with_torch(seed, eps):
    x = 5 * torch.randn(3, 4, 16, generator=torch.Generator().manual_seed(seed)) + 2
    expected = torch.nn.functional.layer_norm(x, (16,), eps=eps)
    assert FinalNorm(centres=True, eps=eps).apply(x).allclose(expected, rtol=1e-5, atol=1e-6)


@FEW
@given(st.integers(0, 1000), st.sampled_from([1e-6, 1e-5, 1.0]))
def test_rms_norm_agrees_with_torch(seed, eps):
    x = 5 * torch.randn(3, 4, 16, generator=torch.Generator().manual_seed(seed)) + 2
    expected = torch.nn.functional.rms_norm(x, (16,), eps=eps)
    assert FinalNorm(centres=False, eps=eps).apply(x).allclose(expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("centres", [True, False])
def test_the_scale_of_one_vector_by_hand(centres):
    x = torch.tensor([1.0, 3.0])
    expected = (((1 + 1) / 2 if centres else (1 + 9) / 2) + 0.5) ** 0.5
    assert FinalNorm(centres=centres, eps=0.5).scale(x).item() == pytest.approx(expected)


def test_a_frozen_scale_is_used_as_it_is():
    x = torch.tensor([[1.0, 3.0], [4.0, 0.0]])
    scale = torch.tensor([[10.0], [0.5]])
    normed = FinalNorm(centres=True, eps=1e-5).apply(x, scale)
    assert normed.allclose(torch.tensor([[-0.1, 0.1], [4.0, -4.0]]))


def test_freezing_at_the_clean_scale_changes_nothing():
    x = torch.randn(3, 16, generator=torch.Generator().manual_seed(0))
    norm = FinalNorm(centres=True, eps=1e-5)
    assert torch.equal(norm.apply(x, norm.scale(x)), norm.apply(x))


def test_the_argument_is_left_as_it_is():
    x = torch.randn(3, 16, generator=torch.Generator().manual_seed(0))
    before = x.clone()
    norm = FinalNorm(centres=True, eps=1e-5)
    norm.apply(x)
    norm.apply(x, torch.ones(3, 1))
    assert torch.equal(x, before)
