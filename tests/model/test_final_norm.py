"""The final norm against PyTorch's own layers and the models' own scale."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformer_lens.model_bridge import TransformerBridge

import references
from confidence_neurons.model.final_norm import FinalNorm
from tiny_models import ARCHITECTURES

RMS = {"llama", "mistral", "qwen2"}
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


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_read_from_a_model_it_computes_that_models_scale(architecture):
    model, network = references.tiny_pair(architecture)
    norm = FinalNorm.from_model(model)
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
    assert FinalNorm.from_model(references.bundled("prose-no-norm")).eps == 1e6
    assert FinalNorm.from_model(references.bundled("prose")).eps == 1e-5


@pytest.mark.parametrize("architecture", ["olmo2", "glm"])
def test_a_gain_that_is_not_folded_in_spite_of_load_model_is_refused(architecture):
    with pytest.raises(NotImplementedError, match="does not fold it for this architecture"):
        FinalNorm.from_model(references.tiny_pair(architecture)[0])


def test_a_norm_without_a_gain_is_refused():
    with pytest.raises(NotImplementedError, match="RMSNorm with a gain, got OlmoLayerNorm without"):
        FinalNorm.from_model(references.tiny_pair("olmo")[0])


def test_a_model_with_its_gain_unfolded_is_refused():
    network = references.tiny_network("neox-serial")
    model = TransformerBridge.boot_transformers(
        "tiny", hf_model=network, tokenizer=references.tiny_pair("neox-serial")[0].tokenizer
    )
    with pytest.raises(ValueError, match="load_model"):
        FinalNorm.from_model(model)
