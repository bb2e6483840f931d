"""The effective unembedding against the networks' own weights."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
from confidence_neurons.weights import unembedding as unembedding_module
from confidence_neurons.weights.unembedding import effective_unembedding, gram
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


def test_columns_at_once_do_not_change_gram(monkeypatch):
    unembedding = random_matrix(8, 30, 2)
    whole = gram(unembedding)
    monkeypatch.setattr(unembedding_module, "COLUMNS_AT_ONCE", 7)
    assert gram(unembedding).allclose(whole, atol=1e-12)
