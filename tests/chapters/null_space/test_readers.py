"""Readers that miss directions: nothing else changes, and what they miss is what is taken out."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.null_space.readers import (
    layer_frame,
    loud_basis,
    random_basis,
    reading,
    scale_without,
    token_frame,
)


@pytest.fixture(scope="module")
def network():
    return references.tiny_pair("llama")[1]


@pytest.fixture(scope="module")
def model(network):
    return references.light(network)


@pytest.fixture(scope="module")
def tokens():
    return references.tokens_for(rows=3)


@pytest.fixture(scope="module")
def basis(model):
    return random_basis(model.cfg.d_model, 4, seed=2)


@pytest.fixture(scope="module")
def clean(model, tokens, basis):
    return reading(model, tokens, basis)


def test_a_basis_is_orthonormal(basis):
    torch.testing.assert_close(basis.T @ basis, torch.eye(4), rtol=0, atol=1e-5)


def test_loud_directions_are_visible_and_hold_most(model, clean):
    space = cn.geometry(model, k=3)
    stream = clean.state.residual[clean.state.counted]
    loud = loud_basis(stream, space)
    assert (loud.T @ space.null_space).abs().max() < 1e-5
    held = (stream @ space.spectrum.directions[:, :-3]).pow(2).mean(0)
    kept = (stream @ loud).pow(2).mean(0)
    torch.testing.assert_close(kept, held.sort(descending=True).values[:3])


def test_with_nothing_missing_the_text_is_read_as_ever(model, network, tokens, basis, clean):
    torch.testing.assert_close(clean.state.residual, cn.run(model, tokens).residual)
    usual = network.config._attn_implementation
    network.set_attn_implementation("eager")
    with torch.no_grad():
        made = network(tokens, output_attentions=True, output_hidden_states=True)
    network.set_attn_implementation(usual)
    expected = torch.stack([each[..., 0] for each in made.attentions])
    torch.testing.assert_close(clean.to_first, expected)
    for layer in range(model.cfg.n_layers):
        stream = made.hidden_states[layer]
        along = stream @ basis / stream.norm(dim=-1, keepdim=True)
        torch.testing.assert_close(clean.along[layer], along)
    assert network.config._attn_implementation == usual


def test_what_is_missing_does_not_reach_attention_and_reaches_all_others(model, tokens, basis):
    """As if the attention's own weights had the directions taken out."""
    other = references.light(references.tiny_pair("llama")[1])
    found = reading(model, tokens, basis, basis)
    keep = torch.eye(model.cfg.d_model) - basis @ basis.T
    saved = {}
    with torch.no_grad():
        for layer in other.end.layers:
            gain = layer.input_layernorm.weight
            for name in ("q_proj", "k_proj", "v_proj"):
                weight = getattr(layer.self_attn, name).weight
                saved[weight] = weight.clone()
                weight.copy_(weight @ torch.diag(gain) @ keep @ torch.diag(1 / gain))
        expected = reading(other, tokens, basis)
        for weight, before in saved.items():
            weight.copy_(before)
    torch.testing.assert_close(found.state.residual, expected.state.residual, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(found.to_first, expected.to_first, rtol=1e-3, atol=1e-4)


def test_the_scale_misses_what_the_stream_keeps(model, basis, clean):
    found = scale_without(model, clean, basis).state
    torch.testing.assert_close(found.residual, clean.state.residual)
    for x, scale in zip(found.residual.flatten(0, 1), found.scale.flatten().tolist(), strict=True):
        left = x - basis @ (basis.T @ x)
        eps = cn.geometry(model, k=1).norm.eps
        assert scale == pytest.approx(float((left.pow(2).mean() + eps).sqrt()), rel=1e-4)


def test_frames_average_over_heads(model, clean):
    by_token, by_layer = token_frame(model, clean), layer_frame(clean, slice(0, 2))
    counted = clean.state.counted
    expected = [
        float(clean.to_first[:, row, :, position].mean())
        for row, position in counted.nonzero().tolist()
    ]
    assert by_token["attention"].tolist() == pytest.approx(expected, rel=1e-4)
    read = cn.read(model, clean.state, ("loss", "entropy"))
    assert by_token["loss"].tolist() == pytest.approx(read["loss"].tolist())
    one = by_layer.query("layer == 1 and sequence == 2").iloc[0]
    places = counted[2]
    assert one["attention"] == pytest.approx(float(clean.to_first[1, 2][:, places].mean()))
    share = clean.along[1, 2, :, :2].norm(dim=-1)
    assert one["first"] == pytest.approx(float(share[0]))
    assert one["later"] == pytest.approx(float(share[places].mean()))
