"""Models and requests that the engine cannot do right: refused, with the reason."""

import pytest
import torch

import references
import references_ablation
from confidence_neurons.engine.scan import scan
from confidence_neurons.engine.tokens import token_effects
from tiny_models import UNSUPPORTED

TOKENS = references.tokens_for()


def tokens_of_one(model, tokens):
    return token_effects(model, tokens, [0])


@pytest.mark.parametrize("function", [scan, tokens_of_one])
@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        ("olmo", "OlmoLayerNorm"),
        ("mixtral", "a plain or gated MLP with one w_out"),
        ("qwen2-moe", "a plain or gated MLP with one w_out"),
    ],
)
def test_models_of_a_kind_that_is_not_supported_are_refused(function, architecture, message):
    with pytest.raises(NotImplementedError, match=message):
        function(references.load_network(references.tiny_network(architecture)), TOKENS)


@pytest.mark.parametrize("architecture", sorted(UNSUPPORTED))
def test_without_transformer_lens_families_that_are_not_known_are_not_held_at_all(architecture):
    with pytest.raises(NotImplementedError, match="expected a model of a family whose parts"):
        references.light(references.tiny_network(architecture))


@pytest.mark.parametrize("hold", [references.load_network, references.light])
def test_token_effects_are_refused_where_logits_have_to_be_unembedded_again(hold):
    with pytest.raises(NotImplementedError, match="use scan"):
        token_effects(hold(references.tiny_network("gemma2")), TOKENS, [0])


@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        ("gemma2", {}),
        ("gemma3", {}),
        ("olmo2", {}),
        ("llama", {"layer": 0}),
        ("llama", {"frequency": True, "counts": references_ablation.counts_for()}),
    ],
)
def test_second_order_is_refused_where_it_does_not_reach(architecture, options):
    with pytest.raises(ValueError, match="use method='exact'"):
        scan(references.tiny_pair(architecture)[0], TOKENS, method="second-order", **options)


@pytest.mark.parametrize(
    "part", ["embed_in", "attention", "dense_h_to_4h", "dense_4h_to_h", "lm_head"]
)
@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_weights_that_are_no_numbers_are_refused(part, value):
    model = references.load_network(references.tiny_network("neox-serial"))
    weights = next(weights for name, weights in model.named_parameters() if part in name)
    weights.data[0] = value
    with pytest.raises(ValueError, match=r"got (NaN|infinity)"):
        scan(model, TOKENS)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_bias_of_the_logits_that_is_no_number_is_refused(value):
    model = references.load_network(references.tiny_network("neox-serial"))
    model.b_U[3] = value
    with pytest.raises(ValueError, match=r"got (NaN|infinity)"):
        scan(model, TOKENS)


def test_a_budget_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match=r"memory_budget of at least .* got 1,000: give more"):
        scan(references.tiny_pair("llama")[0], TOKENS, memory_budget=1000.0)
