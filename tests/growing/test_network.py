"""The network: its shape, its seed, and the final norm without a scale of its own."""

from dataclasses import replace

import pytest
import torch

from confidence_neurons.growing.network import FrozenScaleNorm, build_network

DROPOUT = torch.nn.Dropout


def test_the_seed_decides_the_weights(recipe):
    recipes = (recipe, recipe, replace(recipe, seed=1))
    weights, same, other = (build_network(each).state_dict() for each in recipes)
    assert all(torch.equal(weights[name], same[name]) for name in weights)
    embedding = "gpt_neox.embed_in.weight"
    assert not torch.equal(weights[embedding], other[embedding])


def test_the_shape_is_the_recipes(recipe):
    network = build_network(replace(recipe, n_layers=2))
    assert network.gpt_neox.embed_in.weight.shape == (280, 16)
    assert len(network.gpt_neox.layers) == 2
    assert network.get_parameter("gpt_neox.layers.0.mlp.dense_h_to_4h.weight").shape == (64, 16)
    assert network.config.num_attention_heads == 2


@pytest.mark.parametrize("tied", [True, False])
def test_tying_shares_one_matrix(recipe, tied):
    network = build_network(replace(recipe, tied=tied))
    shared = network.get_output_embeddings().weight is network.gpt_neox.embed_in.weight
    assert shared is tied


def test_the_final_norm_is_the_recipes_and_the_others_are_not(recipe):
    network = build_network(replace(recipe, final_norm="rms"))
    final, inner = network.gpt_neox.final_layer_norm, network.gpt_neox.layers[0].input_layernorm
    assert isinstance(final, torch.nn.RMSNorm)
    assert isinstance(inner, torch.nn.LayerNorm)
    assert final.eps == inner.eps
    x = torch.randn(3, 16, generator=torch.Generator().manual_seed(0)) + 1
    expected = x / (x.pow(2).mean(dim=-1, keepdim=True) + final.eps).sqrt()
    assert torch.allclose(final(x), expected)


@pytest.mark.parametrize("knobs", [{}, {"final_norm": "rms"}, {"frozen_scale": 1.0}])
def test_a_gain_that_is_not_learned_is_one_and_left_alone(recipe, knobs):
    network = build_network(replace(recipe, learned_gain=False, **knobs))
    gain = network.gpt_neox.final_layer_norm.get_parameter("weight")
    assert (gain == 1).all()
    assert [p.requires_grad for p in (gain, network.gpt_neox.embed_in.weight)] == [False, True]


def test_dropout_falls_on_the_embedding_and_on_what_layers_write(recipe):
    network = build_network(replace(recipe, dropout=0.3))
    rates = {name: part.p for name, part in network.named_modules() if isinstance(part, DROPOUT)}
    places = ("emb_dropout", "post_attention_dropout", "post_mlp_dropout")
    assert {name.split(".")[-1] for name, rate in rates.items() if rate == 0.3} == set(places)


def test_rotary_positions_turn_all_of_a_heads_dimensions(recipe):
    network = build_network(recipe)
    head_size = recipe.d_model // recipe.n_heads
    assert network.gpt_neox.rotary_emb.inv_freq.shape == (head_size // 2,)
    assert network.gpt_neox.rotary_emb.inv_freq[0] == 1


def test_attention_comes_before_the_mlp(recipe):
    assert build_network(recipe).config.use_parallel_residual is False


def test_no_position_sees_what_comes_after_it(recipe):
    network = build_network(recipe).eval()
    tokens = torch.randint(1, 280, (1, 10), generator=torch.Generator().manual_seed(0))
    changed = tokens.clone()
    changed[0, -1] = changed[0, -1] % 279 + 1
    with torch.no_grad():
        one, other = network(tokens).logits, network(changed).logits
    assert torch.equal(one[:, :-1], other[:, :-1])
    assert not torch.allclose(one[:, -1], other[:, -1])


def test_a_frozen_scale_norm_by_hand():
    norm = FrozenScaleNorm(2, scale=4.0)
    norm.weight.data = torch.tensor([1.0, 10.0])
    norm.bias.data = torch.tensor([0.0, 0.5])
    assert norm(torch.tensor([1.0, 5.0])).tolist() == [-0.5, 5.5]


def test_a_frozen_scale_lets_the_length_through():
    norm = FrozenScaleNorm(8, scale=2.0)
    x = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    assert norm(3 * x).allclose(3 * norm(x), atol=1e-6)
    assert norm(x + 5).allclose(norm(x), atol=1e-5)  # but the mean is still subtracted


def test_a_frozen_scale_changes_nothing_else_in_the_network(recipe):
    ordinary, frozen = build_network(recipe), build_network(replace(recipe, frozen_scale=1.0))
    assert isinstance(frozen.gpt_neox.final_layer_norm, FrozenScaleNorm)
    weights, frozen_weights = dict(ordinary.named_parameters()), dict(frozen.named_parameters())
    assert weights.keys() == frozen_weights.keys()
    assert all(torch.equal(weights[name], frozen_weights[name]) for name in weights)
