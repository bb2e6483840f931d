"""What the closed form takes for granted: tried, found where it holds, missed where it does not."""

import pytest
import torch
from transformer_lens.model_bridge import TransformerBridge

import references
from confidence_neurons.engine.assumptions import adds_w_out, check_logits
from confidence_neurons.text.reading import prose_tokens
from tiny_models import ARCHITECTURES

EVERY_KIND = pytest.mark.parametrize(
    "kind", [torch.float32, torch.bfloat16, torch.float16, torch.float64]
)


def changed(architecture, **settings):
    """A tiny model with another configuration."""
    network = references.tiny_network(architecture)
    for name, value in settings.items():
        setattr(network.config, name, value)
    return references.load_network(network)


@EVERY_KIND
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_they_hold_for_tiny_models_in_any_precision(architecture, kind):
    model = references.load_network(references.tiny_network(architecture)).to(kind)
    check_logits(model, references.tokens_for())
    assert adds_w_out(model, references.tokens_for())


@EVERY_KIND
@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_they_hold_for_the_bundled_models_in_any_precision(name, kind):
    model = references.load_model(name, device="cpu").to(kind)
    tokens = prose_tokens(model, 24, 2)
    check_logits(model, tokens)
    assert adds_w_out(model, tokens)


def test_a_soft_cap_is_known():
    check_logits(changed("gemma2", final_logit_softcapping=1.0), references.tokens_for())


@EVERY_KIND
def test_a_factor_after_the_mlp_is_found_in_any_precision(kind):
    model = references.load_network(references.tiny_network("granite-residual")).to(kind)
    check_logits(model, references.tokens_for())
    assert not adds_w_out(model, references.tokens_for())


@EVERY_KIND
def test_scaled_logits_are_refused_in_any_precision(kind):
    model = references.load_network(references.tiny_network("granite-logits")).to(kind)
    with pytest.raises(NotImplementedError, match=r"norm\(x\) @ W_U \+ b_U .* fold such a factor"):
        check_logits(model, references.tokens_for())


@pytest.mark.parametrize("factor", [0.995, 1.005])
def test_a_small_factor_is_found_in_float32(factor):
    assert not adds_w_out(
        changed("granite-residual", residual_multiplier=factor), references.tokens_for()
    )
    with pytest.raises(NotImplementedError, match="fold such a factor"):
        check_logits(changed("granite-logits", logits_scaling=factor), references.tokens_for())


def test_no_factor_is_no_fault():
    model = changed("granite-residual", residual_multiplier=1.0)
    check_logits(model, references.tokens_for())
    assert adds_w_out(model, references.tokens_for())


def test_numbers_too_large_for_half_precision_are_not_taken_for_another_architecture():
    model = references.load_network(references.tiny_network("llama")).to(torch.float16)
    model.blocks[0].mlp.W_out[:] = 60_000
    with pytest.raises(ValueError, match=r"got NaN, .* too large for torch\.float16\?"):
        check_logits(model, references.tokens_for())


def test_a_norm_after_the_mlp_is_found():
    assert not adds_w_out(references.tiny_pair("gemma2")[0], references.tokens_for())


def test_three_short_runs_are_enough_and_leave_the_model_as_it_was(monkeypatch):
    model = references.bundled("prose")
    tokens = prose_tokens(model, 64, 8)
    before, shapes, forward = model(tokens), [], TransformerBridge.forward

    def count(self, rows, *arguments, **options):
        shapes.append(tuple(rows.shape))
        return forward(self, rows, *arguments, **options)

    monkeypatch.setattr(TransformerBridge, "forward", count)
    check_logits(model, tokens)
    assert adds_w_out(model, tokens)
    assert shapes == [(1, 8)] * 3
    assert model(tokens).equal(before)
