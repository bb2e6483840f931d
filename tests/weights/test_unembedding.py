"""The effective unembedding against the networks' own weights."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
from confidence_neurons.weights import unembedding as unembedding_module
from confidence_neurons.weights.unembedding import (
    EffectiveUnembedding,
    columns_of,
    effective_unembedding,
    gram,
)
from tiny_models import ARCHITECTURES

RMS = {"gemma", "llama", "mistral", "qwen2", "qwen3"}
FEW = settings(max_examples=30, deadline=None)


def random_matrix(rows: int, columns: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_effective_unembedding_is_the_networks_own_folded_and_centred(architecture):
    model, network = references.tiny_pair(architecture)
    gain = {
        "gpt2-tied": "transformer.ln_f.weight",
        "gpt2-untied": "transformer.ln_f.weight",
        "neox-serial": "gpt_neox.final_layer_norm.weight",
        "neox-parallel": "gpt_neox.final_layer_norm.weight",
        "phi": "model.final_layernorm.weight",
    }.get(architecture, "model.norm.weight")
    unembedding = network.get_output_embeddings()
    assert unembedding is not None
    columns = []
    for row in unembedding.weight.detach().double():
        column = row * (network.get_parameter(gain).detach().double() + (architecture == "gemma"))
        columns.append(column if architecture in RMS else column - column.mean())
    expected = torch.stack(columns, dim=1)
    for row in expected:
        row -= row.mean()
    assert effective_unembedding(model).double().allclose(expected, atol=1e-6)


def test_an_unembedding_with_nan_is_refused():
    network = references.tiny_network("neox-serial")
    model = references.load_network(network)
    model.unembed.original_component.weight.data[3, 4] = torch.nan
    with pytest.raises(ValueError, match="got NaN"):
        effective_unembedding(model)


@FEW
@given(st.integers(1, 6), st.integers(1, 20), st.integers(0, 100))
def test_gram_is_the_dot_product_of_every_pair_of_rows(rows, columns, seed):
    matrix = random_matrix(rows, columns, seed)
    expected = [
        [sum(a * b for a, b in zip(one, other, strict=True)) for other in matrix.tolist()]
        for one in matrix.tolist()
    ]
    found = gram(matrix)
    assert found.dtype == torch.float64
    assert found.allclose(torch.tensor(expected, dtype=torch.float64), atol=1e-12)


@pytest.mark.parametrize("at_once", [1, 60, 10**6])
def test_columns_at_once_do_not_change_anything(at_once, monkeypatch):
    matrix, model = random_matrix(8, 30, 2), references.light(references.tiny_network("gpt2-tied"))
    whole, expected = gram(matrix), effective_unembedding(model)
    monkeypatch.setattr(unembedding_module, "NUMBERS_AT_ONCE", at_once)
    assert gram(matrix).allclose(whole, atol=1e-12)
    assert torch.cat(list(columns_of(matrix)), dim=1).equal(matrix)
    if at_once > 1:
        assert effective_unembedding(model).allclose(expected, atol=1e-6)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("architecture", ["gemma", "gpt2-untied", "granite-logits", "olmo2"])
def test_columns_are_made_from_the_weights_as_they_are_stored(architecture, kind):
    network = references.tiny_network(architecture).to(kind)
    unembedding = EffectiveUnembedding.of(references.light(network))
    stored = network.get_output_embeddings()
    assert stored is not None
    assert unembedding.end.weights.data_ptr() == stored.weight.data_ptr()
    norm = {"gpt2-untied": "transformer.ln_f.weight"}.get(architecture, "model.norm.weight")
    gain = network.get_parameter(norm).detach().double() + (architecture == "gemma")
    columns = stored.weight.detach().double() * gain
    if architecture == "gpt2-untied":
        columns = columns - columns.mean(dim=1, keepdim=True)
    if architecture == "granite-logits":
        columns = columns / network.config.logits_scaling
    expected = (columns - columns.mean(dim=0)).T
    found = torch.cat(list(columns_of(unembedding)), dim=1)
    assert found.dtype == torch.float32
    assert found.double().allclose(expected, atol=1e-6)
    assert unembedding.mean.double().allclose(columns.mean(dim=0), atol=1e-6)
    assert gram(unembedding).allclose(expected @ expected.T, rtol=1e-4, atol=1e-4)
