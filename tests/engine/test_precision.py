"""Models in half and in double precision.

The references take activations, residual stream and weights as the model has
them, rounded, and do the rest in double precision. So does the scan of a few
neurons and tokens, however coarse the model itself is.
"""

import pytest
import torch

import references
import references_ablation
from confidence_neurons import load_model, recorded_groups
from confidence_neurons.engine.scan import scan
from confidence_neurons.engine.tokens import token_effects
from confidence_neurons.text.reading import prose_tokens

EVERY_KIND = pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.float64])


def assert_agrees_with_formula(model, tokens, neurons):
    frame = scan(model, tokens, neurons=neurons)
    for found in frame.to_dict("records"):
        neuron = found["neuron"]
        mean = references_ablation.mean_activation(model, tokens, neuron)
        assert found["mean_activation"] == pytest.approx(mean, rel=1e-5, abs=1e-6)
        expected = references_ablation.row(references_ablation.by_formula(model, tokens, neuron))
        references_ablation.assert_agrees(found, expected, references_ablation.FORMULA_NOISE)
    return frame


@EVERY_KIND
@pytest.mark.parametrize("architecture", ["gpt2-tied", "llama"])
def test_tiny_models_agree_with_double_precision(architecture, kind):
    model = references.load_network(references.tiny_network(architecture)).to(kind)
    assert model.W_U.dtype == kind
    assert_agrees_with_formula(model, references.tokens_for(rows=3), [63, 0, 5])


@EVERY_KIND
def test_prose_agrees_with_double_precision(kind):
    model = load_model("prose", device="cpu").to(kind)
    tokens = prose_tokens(model, 40, 3)
    neurons = model.blocks[-1].mlp.W_out.float().norm(dim=1).topk(3).indices.tolist()
    found = assert_agrees_with_formula(model, tokens, neurons)
    full = scan(references.bundled("prose"), tokens, neurons=neurons)
    # Rounding the model to 8 bits is a change of the model, but a small one.
    assert found["entropy_total"].tolist() == pytest.approx(
        full["entropy_total"].tolist(), rel=0.05
    )


@EVERY_KIND
def test_second_order_and_token_effects_take_any_precision(kind):
    model = load_model("prose", device="cpu").to(kind)
    tokens = prose_tokens(model, 24, 2)
    neurons = recorded_groups("prose")["entropy"][:2]
    exact = scan(model, tokens, neurons=neurons)
    estimated = scan(model, tokens, neurons=neurons, method="second-order")
    assert estimated["entropy_total"].tolist() == pytest.approx(
        exact["entropy_total"].tolist(), rel=0.06
    )
    means = token_effects(model, tokens, neurons)["entropy_total"].abs()
    assert means.groupby(means.index // 44).mean().tolist() == pytest.approx(
        exact["entropy_total"].tolist(), rel=1e-4
    )
