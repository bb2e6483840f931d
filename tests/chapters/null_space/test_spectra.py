"""Tables of spectra, gains, and the controls that have learned nothing."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons.weights.spectrum import exact_null_directions
from confidence_neurons_book.null_space.spectra import (
    coordinates_table,
    gain_of,
    gaussian_control,
    shuffled_control,
    spectra_table,
    without_gain,
)


def unembedding(*, centred: bool) -> torch.Tensor:
    weights = torch.randn(12, 200, generator=torch.Generator().manual_seed(3))
    weights = weights * torch.linspace(1, 4, 12)[:, None] + 2
    if centred:
        weights = weights - weights.mean(dim=0)
    return weights - weights.mean(dim=1, keepdim=True)


def test_spectra_are_divided_by_their_own_median_and_exact_zeros_left_out():
    values = torch.tensor([8.0, 4.0, 2.0, 1e-9])
    frame = spectra_table({"once": values, "twice": 2 * values})
    once, twice = (frame[frame["spectrum"] == name] for name in ("once", "twice"))
    assert list(once["relative"]) == list(twice["relative"]) == [2.0, 1.0, 0.5]
    assert list(twice["singular_value"]) == [16.0, 8.0, 4.0]
    assert list(once["index"]) == [1, 2, 3]
    assert list(once["share"]) == pytest.approx([1 / 3, 2 / 3, 1])


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("control", [gaussian_control, shuffled_control])
def test_controls_are_centred_and_sized_like_the_model(control, centred):
    weights = unembedding(centred=centred)
    made = control(weights, seed=1)
    assert made.shape == weights.shape
    torch.testing.assert_close(made.norm(), weights.norm())
    torch.testing.assert_close(made.mean(dim=1), torch.zeros(12), atol=1e-5, rtol=0)
    assert exact_null_directions(cn.spectrum(made).values) == (1 if centred else 0)
    torch.testing.assert_close(control(weights, seed=1), made)
    assert not torch.allclose(control(weights, seed=2), made)


def test_shuffling_keeps_the_entries_of_each_row():
    weights = unembedding(centred=False)
    made = shuffled_control(weights)
    torch.testing.assert_close(made.sort(dim=1).values, weights.sort(dim=1).values)
    assert not torch.equal(made, weights)


@pytest.mark.parametrize("architecture", ["neox-serial", "llama"])
def test_without_gain_is_the_spectrum_of_the_stored_unembedding(architecture):
    network = references.tiny_pair(architecture)[1]
    light = references.light(network)
    space, stored = cn.geometry(light, k=3), light.end.stored_map().weights
    if space.norm.centres:
        stored = stored - stored.mean(dim=0)
    plain = cn.spectrum(stored - stored.mean(dim=1, keepdim=True)).values
    torch.testing.assert_close(without_gain(space), plain, rtol=1e-3, atol=1e-4)


def test_coordinates_have_their_gain_and_their_part_in_the_null_space():
    network, direction = references.network_with_null_direction()
    with torch.no_grad():
        network.gpt_neox.final_layer_norm.weight[3] = -2
    space = cn.geometry(references.light(network), k=2)
    frame = coordinates_table(space)
    size = gain_of(space).abs()
    assert frame["gain"].tolist() == pytest.approx((size / size.median()).tolist())
    assert (frame["inside"] ** 2).sum() == pytest.approx(1, rel=1e-4)
    assert len(frame) == len(direction)
