"""The end of a forward pass against hooks and the Hugging Face model."""

import pytest
import torch

import references
from confidence_neurons.measure.outputs import entropy
from confidence_neurons.model import state as forward
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import (
    check_linear_unembedding,
    check_rows,
    logits_from_residual,
    run_final,
    soft_cap,
)
from confidence_neurons.text.reading import prose_tokens
from confidence_neurons.weights.unembedding import effective_unembedding
from tiny_models import ARCHITECTURES

EVERY_ARCHITECTURE = pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))


@EVERY_ARCHITECTURE
def test_logits_from_the_final_residual_are_the_networks_own(architecture):
    model, network = references.tiny_pair(architecture)
    tokens = references.tokens_for()
    with torch.no_grad():
        expected = network(tokens).logits.log_softmax(dim=-1)
    logits = logits_from_residual(model, run_final(model, tokens).residual)
    assert logits.log_softmax(dim=-1).allclose(expected, atol=1e-5, rtol=0)


@EVERY_ARCHITECTURE
def test_the_effective_unembedding_gives_the_networks_entropy(architecture):
    model, network = references.tiny_pair(architecture)
    tokens = references.tokens_for(seed=1)
    with torch.no_grad():
        own_logits = network(tokens).logits
    residual = run_final(model, tokens).residual
    normalised = FinalNorm.from_model(model).apply(residual)
    ours = entropy(normalised @ effective_unembedding(model) + model.b_U)
    for row, position in [(0, 0), (0, 7), (1, 11)]:
        assert ours[row, position].item() == pytest.approx(
            references.entropy(own_logits[row, position].tolist()), abs=1e-5
        )


@EVERY_ARCHITECTURE
def test_activations_are_what_the_last_layers_output_weights_multiply(architecture):
    model, _ = references.tiny_pair(architecture)
    tokens = references.tokens_for()
    layer = model.cfg.n_layers - 1
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens, names_filter=f"blocks.{layer}.hook_mlp_out")
    mlp = model.blocks[layer].mlp
    output = run_final(model, tokens).activations @ mlp.W_out
    constant = cache[f"blocks.{layer}.hook_mlp_out"] - output
    assert constant.allclose(constant[:1, :1].expand_as(constant), atol=1e-5)
    assert output.std() > 0.01


@pytest.mark.parametrize("architecture", ["gpt2-tied", "llama", "gemma2"])
def test_activations_of_another_layer_come_with_the_same_final_residual(architecture):
    model, _ = references.tiny_pair(architecture)
    tokens = references.tokens_for()
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens, names_filter="blocks.0.mlp.hook_post")
    first, last = run_final(model, tokens, layer=0), run_final(model, tokens)
    assert first.activations.allclose(cache["blocks.0.mlp.hook_post"], atol=1e-6)
    assert not first.activations.allclose(last.activations, atol=1e-3)
    assert first.residual.equal(last.residual)


def test_naming_the_last_layer_is_the_default():
    model, _ = references.tiny_pair("neox-serial")
    named = run_final(model, references.tokens_for(), layer=1)
    assert named.activations.equal(run_final(model, references.tokens_for()).activations)


@pytest.mark.parametrize("layer", [-1, 2])
def test_a_layer_that_is_not_there_is_refused(layer):
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match=f"a layer from 0 to 1, got {layer}"):
        run_final(model, references.tokens_for(), layer=layer)


@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_logits_of_a_bundled_model_are_its_own(name):
    model = references.bundled(name)
    tokens = prose_tokens(model, length=24, count=2)
    with torch.no_grad():
        expected = model(tokens).log_softmax(dim=-1)
    logits = logits_from_residual(model, run_final(model, tokens).residual)
    assert logits.log_softmax(dim=-1).allclose(expected, atol=1e-5, rtol=0)


def test_the_batch_size_does_not_change_the_result():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for(rows=5)
    whole, pieces = run_final(model, tokens), run_final(model, tokens, batch_size=2)
    assert whole.residual.shape == (5, 12, model.cfg.d_model)
    assert whole.activations.shape == (5, 12, model.cfg.d_mlp)
    assert pieces.residual.allclose(whole.residual, atol=1e-5)
    assert pieces.activations.allclose(whole.activations, atol=1e-5)
    assert not whole.residual[0].allclose(whole.residual[1], atol=1e-2)


@pytest.mark.parametrize("architecture", ["gpt2-tied", "neox-serial", "llama"])
def test_a_frozen_scale_is_what_a_hook_on_the_scale_does(architecture):
    model, _ = references.tiny_pair(architecture)
    tokens = references.tokens_for()
    residual = run_final(model, tokens).residual
    scale = 3 * FinalNorm.from_model(model).scale(residual)
    with torch.no_grad():
        expected = model.run_with_hooks(
            tokens, fwd_hooks=[("ln_final.hook_scale", lambda value, hook: 3 * value)]
        )
    found = logits_from_residual(model, residual, scale)
    assert found.log_softmax(-1).allclose(expected.log_softmax(-1), atol=1e-5)
    assert not found.log_softmax(-1).allclose(
        logits_from_residual(model, residual).log_softmax(-1), atol=1e-2
    )


def test_soft_capped_logits_are_refused_not_computed_wrongly():
    model, _ = references.tiny_pair("gemma2")
    residual = run_final(model, references.tokens_for()).residual
    with pytest.raises(NotImplementedError, match="soft-cap"):
        logits_from_residual(model, residual)
    with pytest.raises(NotImplementedError, match="soft-cap"):
        check_linear_unembedding(model)


def test_scaled_logits_are_refused_not_computed_wrongly():
    model, _ = references.tiny_pair("granite-logits")
    residual = run_final(model, references.tokens_for()).residual
    with pytest.raises(NotImplementedError, match="got logits_scaling = 8: divide"):
        logits_from_residual(model, residual)


@pytest.mark.parametrize("architecture", [*sorted(ARCHITECTURES), "granite-residual"])
def test_logits_without_a_soft_cap_are_linear(architecture):
    model, _ = references.tiny_pair(architecture)
    assert soft_cap(model) == 0
    check_linear_unembedding(model)


def test_the_soft_cap_is_that_of_the_configuration():
    model, network = references.tiny_pair("gemma2")
    assert soft_cap(model) == network.config.final_logit_softcapping > 0


def test_rows_are_checked_against_vocabulary_and_context():
    model, _ = references.tiny_pair("gpt2-tied")
    check_rows(model, references.tokens_for(length=model.cfg.n_ctx))
    with pytest.raises(ValueError, match="at most 64 tokens"):
        check_rows(model, references.tokens_for(length=model.cfg.n_ctx + 1))
    with pytest.raises(ValueError, match="from 0 to 299"):
        check_rows(model, references.tokens_for(vocab_size=1000))
    with pytest.raises(TypeError, match="integer type"):
        check_rows(model, references.tokens_for().float())


def test_tokens_of_another_vocabulary_are_refused():
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match="from 0 to 299"):
        run_final(model, references.tokens_for(vocab_size=1000))


def test_rows_longer_than_the_context_are_refused():
    model, _ = references.tiny_pair("gpt2-tied")
    with pytest.raises(ValueError, match="context"):
        run_final(model, references.tokens_for(length=model.cfg.n_ctx + 1))


def test_a_batch_size_below_one_is_refused():
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match="batch_size"):
        run_final(model, references.tokens_for(), batch_size=0)


def test_no_attention_pattern_stays_in_memory():
    model = references.bundled("prose")
    run_final(model, prose_tokens(model, 32, 2))
    for block in model.blocks:
        assert block.attn._pattern is None


def test_by_default_long_texts_go_through_in_pieces(monkeypatch):
    model = references.bundled("prose")
    monkeypatch.setattr(forward, "TOKENS_AT_ONCE", 70)
    rows = []
    with model.hooks(fwd_hooks=[("hook_embed", lambda value, hook: rows.append(len(value)))]):
        run_final(model, prose_tokens(model, 32, 5))
        run_final(model, prose_tokens(model, 100, 2))
    assert rows == [2, 2, 1, 1, 1]
