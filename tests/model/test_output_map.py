"""The map to the logits, number by number, and that no wide copy of its weights is made."""

import math

import pytest
import torch

import references
from confidence_neurons.model import output_map as output_map_module
from confidence_neurons.model.final_norm import FinalNorm, MlpNorm
from confidence_neurons.model.light import LightModel
from confidence_neurons.model.output_map import OutputMap, output_map, times
from confidence_neurons.model.precision import wide
from confidence_neurons.model.state import run
from tiny_models import tiny_tokenizer

TOKENS = references.tokens_for()


def light(network):
    return LightModel.of(network, tiny_tokenizer(network.config.vocab_size), "tiny")


def logit_by_hand(end, stream, token):
    """One logit, with Python numbers."""
    x = [value.item() for value in stream]
    if end.norm.centres:
        x = [value - sum(x) / len(x) for value in x]
    scale = math.sqrt(sum(value**2 for value in x) / len(x) + end.norm.eps)
    column = end.weights[:, token].tolist()
    parts = zip(x, end.gain.tolist(), column, strict=True)
    logit = sum(value / scale * gain * weight for value, gain, weight in parts)
    logit += float(end.bias[token])
    return end.soft_cap * math.tanh(logit / end.soft_cap) if end.soft_cap else logit


@pytest.mark.parametrize("architecture", ["phi", "gemma2", "granite-logits", "olmo2"])
def test_a_logit_is_what_the_formula_says(architecture):
    for model in (
        references.tiny_pair(architecture)[0],
        light(references.tiny_network(architecture)),
    ):
        residual = run(model, TOKENS).residual[0, 3]
        end = output_map(model)
        logits = end.logits(residual)
        for token in (0, 17, 299):
            assert float(logits[token]) == pytest.approx(
                logit_by_hand(end, residual, token), rel=1e-4, abs=1e-6
            )


def test_gains_and_biases_are_the_networks_own():
    network = references.tiny_network("phi")
    end = output_map(light(network))
    norm, head = network.model.final_layernorm, network.lm_head
    assert end.gain.equal(norm.weight)
    assert end.bias.allclose(head.bias + head.weight @ norm.bias, atol=1e-6)
    assert output_map(light(references.tiny_network("llama"))).bias.abs().max() == 0
    gemma = references.tiny_network("gemma")
    assert output_map(light(gemma)).gain.equal(gemma.model.norm.weight + 1)
    granite = references.tiny_network("granite-logits")
    assert output_map(light(granite)).gain.allclose(granite.model.norm.weight / 8)
    assert output_map(light(references.tiny_network("gemma2"))).soft_cap == 30
    assert output_map(light(references.tiny_network("gemma3"))).soft_cap == 0


def test_of_a_folded_model_the_gain_is_one():
    for architecture in ("gpt2-tied", "phi", "gemma", "gemma3", "qwen3"):
        end = output_map(references.tiny_pair(architecture)[0])
        assert end.gain.equal(torch.ones(32)), architecture
        assert end.weights.data_ptr() == references.tiny_pair(architecture)[0].W_U.data_ptr()


def test_a_frozen_scale_divides():
    norm = FinalNorm(centres=False, eps=0.0)
    end = OutputMap(torch.eye(3), torch.tensor([1.0, 2.0, 3.0]), torch.ones(3), norm, 0.0)
    found = end.logits(torch.tensor([4.0, 4.0, 4.0]), torch.tensor([2.0]))
    assert found.tolist() == [3.0, 5.0, 7.0]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_only_a_few_columns_are_widened_at_once(dtype, monkeypatch):
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(2, 5, 16, generator=generator)
    weights = torch.randn(50, 16, generator=generator).to(dtype).T
    monkeypatch.setattr(output_map_module, "WIDENED_AT_ONCE", 16 * 7)
    found = times(rows, weights)
    assert found.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert found.allclose((rows.double() @ weights.double()).to(found.dtype), atol=1e-5)
    assert times(rows.double(), weights).dtype == torch.float64


def test_wide_numbers_stay_as_they_are():
    for dtype in (torch.float32, torch.float64):
        numbers = torch.ones(3, dtype=dtype)
        assert wide(numbers) is numbers
    assert wide(torch.ones(3, dtype=torch.bfloat16)).dtype == torch.float32


def test_the_norm_after_an_mlp_by_hand():
    norm = MlpNorm(torch.tensor([1.0, 2.0]), eps=0.5)
    scale = math.sqrt((9 + 16) / 2 + 0.5)
    found = norm.apply(torch.tensor([3.0, -4.0]))
    assert found.tolist() == pytest.approx([3 / scale, -8 / scale])
