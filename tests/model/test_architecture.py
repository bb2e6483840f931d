"""What is known of each family, against the networks themselves."""

import pytest
import torch
from transformer_lens.model_bridge import TransformerBridge

import references
from confidence_neurons.model.architecture import (
    Architecture,
    final_norm,
    mlp_norm,
    need_linear_unembedding,
    output_weights,
)
from confidence_neurons.model.output_map import output_map
from tiny_models import ARCHITECTURES, N_LAYERS

RMS = {"gemma", "llama", "mistral", "qwen2", "qwen3"}


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_read_from_a_model_it_computes_that_models_scale(architecture):
    model, network = references.tiny_pair(architecture)
    norm = final_norm(model)
    assert norm.centres == (architecture not in RMS)
    config = network.config
    expected_eps = next(
        getattr(config, name)
        for name in ("rms_norm_eps", "layer_norm_epsilon", "layer_norm_eps")
        if hasattr(config, name)
    )
    assert norm.eps == expected_eps

    names = [f"blocks.{model.cfg.n_layers - 1}.hook_resid_post", "ln_final.hook_scale"]
    with torch.no_grad():
        _, cache = model.run_with_cache(references.tokens_for(), names_filter=names)
    residual, scale = (cache[name] for name in names)
    assert norm.scale(residual).allclose(scale, rtol=1e-5)


def test_the_controls_epsilon_is_that_of_its_final_norm_alone():
    assert final_norm(references.bundled("prose-no-norm")).eps == 1e6
    assert final_norm(references.bundled("prose")).eps == 1e-5


@pytest.mark.parametrize("architecture", ["olmo2", "glm"])
def test_a_gain_that_is_not_folded_in_spite_of_load_model_stays_in_the_map(architecture):
    model, network = references.tiny_pair(architecture)
    assert output_map(model).gain.equal(network.get_parameter("model.norm.weight").detach())


def test_a_norm_without_a_gain_is_refused():
    with pytest.raises(NotImplementedError, match="RMSNorm with a gain, got OlmoLayerNorm without"):
        final_norm(references.tiny_pair("olmo")[0])


def test_a_model_with_its_gain_unfolded_is_refused():
    network = references.tiny_network("neox-serial")
    model = TransformerBridge.boot_transformers(
        "tiny", hf_model=network, tokenizer=references.tiny_pair("neox-serial")[0].tokenizer
    )
    with pytest.raises(ValueError, match="compatibility mode, got one without: load it with"):
        final_norm(model)


@pytest.mark.parametrize("layer", [0, 1, None])
def test_output_weights_are_the_networks_own_centred(layer):
    model, network = references.tiny_pair("neox-serial")
    place = N_LAYERS - 1 if layer is None else layer
    own = network.get_parameter(f"gpt_neox.layers.{place}.mlp.dense_4h_to_h.weight").detach().T
    expected = own - own.mean(dim=1, keepdim=True)  # the weights that write are centred
    found = output_weights(model, layer)
    assert found.dtype == torch.float32
    assert found.allclose(expected, atol=1e-6)


def test_weights_of_an_rms_norm_model_are_left_as_they_are():
    model, network = references.tiny_pair("llama")
    own = network.model.layers[-1].mlp.down_proj.weight.detach().T
    assert output_weights(model).allclose(own, atol=1e-6)


@pytest.mark.parametrize("architecture", ["mixtral", "qwen2-moe"])
def test_a_mixture_of_experts_has_no_one_w_out(architecture):
    model, _ = references.tiny_pair(architecture)
    with pytest.raises(NotImplementedError, match="MLP with one w_out in layer 1, got MoEBridge"):
        output_weights(model)


def test_a_layer_without_an_mlp_has_no_neurons(monkeypatch):
    model = references.load_network(references.tiny_network("llama"))
    del model.blocks[0].mlp
    with pytest.raises(NotImplementedError, match="in layer 0, got none"):
        output_weights(model, 0)


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_a_plain_decoder_has_no_quirk(architecture):
    model, _ = references.tiny_pair(architecture)
    assert Architecture.of(model) == Architecture(False, 1.0, 1.0, 0.0)
    need_linear_unembedding(model)


def test_quirks_are_read_off_the_configuration():
    gemma, network = references.tiny_pair("gemma2")
    end = Architecture.of(gemma)
    assert end.norm_after_mlp
    assert end.soft_cap == network.config.final_logit_softcapping > 0
    assert Architecture.of(references.tiny_pair("granite-residual")[0]).residual_multiplier == 0.22
    assert Architecture.of(references.tiny_pair("granite-logits")[0]).logits_divisor == 8
    assert Architecture.of(references.tiny_pair("olmo2")[0]).norm_after_mlp


def test_soft_capped_logits_are_not_linear():
    with pytest.raises(NotImplementedError, match="soft-capped at 30"):
        need_linear_unembedding(references.tiny_pair("gemma2")[0])


@pytest.mark.parametrize("architecture", ["gemma2", "gemma3", "olmo2"])
def test_the_norm_after_the_mlp_is_the_networks_own(architecture):
    model, network = references.tiny_pair(architecture)
    for layer in (0, None):
        norm = mlp_norm(model, layer)
        assert norm is not None
        place = N_LAYERS - 1 if layer is None else layer
        own = network.get_parameter(f"model.layers.{place}.post_feedforward_layernorm.weight")
        assert norm.gain.equal(own.detach() + (architecture != "olmo2"))
        assert norm.eps == network.config.rms_norm_eps
    assert mlp_norm(references.tiny_pair("llama")[0]) is None
