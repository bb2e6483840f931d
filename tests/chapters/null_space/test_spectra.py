"""Tables of spectra and the controls that have learned nothing."""

import pytest
import torch

import confidence_neurons as cn
from confidence_neurons_book.null_space.spectra import (
    EXACT_NULL,
    LEARNED_NULL,
    VISIBLE,
    gaussian_control,
    shuffled_control,
    spectrum_table,
)


def unembedding(*, centred: bool) -> torch.Tensor:
    weights = torch.randn(12, 200, generator=torch.Generator().manual_seed(3))
    weights = weights * torch.linspace(1, 4, 12)[:, None] + 2
    if centred:
        weights = weights - weights.mean(dim=0)
    return weights - weights.mean(dim=1, keepdim=True)


def test_kinds_follow_k_and_the_exact_zero():
    table = spectrum_table(torch.tensor([5.0, 3.0, 1.0, 0.5, 1e-8]), k=3)
    assert list(table["index"]) == [1, 2, 3, 4, 5]
    expected = [VISIBLE, VISIBLE, LEARNED_NULL, LEARNED_NULL, EXACT_NULL]
    assert list(table["kind"]) == expected


def test_without_k_only_the_exact_zero_is_marked():
    table = spectrum_table(torch.tensor([5.0, 3.0, 0.001, 0.0]))
    assert list(table["kind"]) == [VISIBLE] * 3 + [EXACT_NULL]


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("control", [gaussian_control, shuffled_control])
def test_controls_are_centred_and_sized_like_the_model(control, centred):
    weights = unembedding(centred=centred)
    made = control(weights, seed=1)
    assert made.shape == weights.shape
    torch.testing.assert_close(made.norm(), weights.norm())
    torch.testing.assert_close(made.mean(dim=1), torch.zeros(12), atol=1e-5, rtol=0)
    exact = spectrum_table(cn.spectrum(made).values)["kind"].eq(EXACT_NULL).sum()
    assert exact == (1 if centred else 0)
    torch.testing.assert_close(control(weights, seed=1), made)
    assert not torch.allclose(control(weights, seed=2), made)


def test_shuffling_keeps_the_entries_of_each_row():
    weights = unembedding(centred=False)
    made = shuffled_control(weights)
    torch.testing.assert_close(made.sort(dim=1).values, weights.sort(dim=1).values)
    assert not torch.equal(made, weights)
