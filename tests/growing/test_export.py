"""Export: what Hugging Face and `load_model` read back is the network that was grown."""

import copy
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from confidence_neurons.growing.export import export_model
from confidence_neurons.growing.network import (
    FROZEN_EPS,
    FrozenScaleNorm,
    build_network,
    named_weights,
    with_ordinary_norm,
)
from confidence_neurons.growing.snapshots import load_snapshot
from confidence_neurons.model.architecture import final_norm
from confidence_neurons.model.loading import load_model

TOKENS = torch.randint(1, 280, (2, 12), generator=torch.Generator().manual_seed(0))


def shaken(recipe):
    """A network whose residual stream is long enough for its variance to matter.

    Its weights are exact in half precision, and the final gain is one of few digits.
    """
    network = build_network(recipe).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_((parameter + 0.2 * noise).half().float())
        final = network.gpt_neox.final_layer_norm
        final.weight.copy_(0.25 + 0.125 * torch.arange(recipe.d_model).remainder(4))
    return network


def log_probabilities(network) -> torch.Tensor:
    with torch.no_grad():
        return network(TOKENS).logits.log_softmax(dim=-1)


def residual_variance(network) -> torch.Tensor:
    """Variance of the residual stream that enters the final norm, at each token."""
    kept = []
    handle = network.gpt_neox.final_layer_norm.register_forward_pre_hook(
        lambda module, inputs: kept.append(inputs[0].detach())
    )
    log_probabilities(network)
    handle.remove()
    return kept[0].var(dim=-1, correction=0)


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_a_huge_epsilon_stands_in_for_a_frozen_scale(recipe, scale):
    frozen = shaken(replace(recipe, frozen_scale=scale))
    assert residual_variance(frozen).std() > 0.05  # so that an ordinary scale would show
    ordinary = with_ordinary_norm(copy.deepcopy(frozen))
    assert not isinstance(ordinary.gpt_neox.final_layer_norm, FrozenScaleNorm)
    assert ordinary.gpt_neox.final_layer_norm.eps == FROZEN_EPS
    assert log_probabilities(ordinary).allclose(log_probabilities(frozen), atol=1e-4, rtol=0)

    ordinary.gpt_neox.final_layer_norm.eps = 1e-5
    assert not log_probabilities(ordinary).allclose(log_probabilities(frozen), atol=1e-1)


def test_an_ordinary_norm_is_left_as_it_is(recipe):
    network = shaken(recipe)
    before = log_probabilities(network)
    assert torch.equal(log_probabilities(with_ordinary_norm(network)), before)
    assert not hasattr(network.config, "final_layer_norm_eps")


@pytest.mark.parametrize("frozen_scale", [None, 1.0])
@pytest.mark.parametrize("tied", [True, False])
def test_the_exported_model_loads_as_the_network_that_was_grown(
    recipe, text, tmp_path, frozen_scale, tied
):
    recipe = replace(recipe, frozen_scale=frozen_scale, tied=tied)
    network = shaken(recipe)
    expected = log_probabilities(network)
    snapshot = tmp_path / "step.safetensors"
    save_file(named_weights(network), snapshot)
    export_model(load_snapshot(recipe, snapshot), text.tokenizer, text.counts, tmp_path / "out")

    model = load_model(tmp_path / "out", device="cpu")
    with torch.no_grad():
        found = model(TOKENS).log_softmax(dim=-1)
    assert found.allclose(expected, atol=1e-3, rtol=0)
    assert final_norm(model).eps == (1e-5 if frozen_scale is None else FROZEN_EPS)


def test_what_lies_in_the_directory(recipe, text, tmp_path):
    export_model(shaken(recipe), text.tokenizer, text.counts, tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float16}
    counts = load_file(tmp_path / "unigram_counts.safetensors")
    assert counts.keys() == {"counts"}
    assert counts["counts"].dtype == torch.int64
    assert counts["counts"].tolist() == text.counts.tolist()
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert tokenizer.get_vocab() == text.tokenizer.get_vocab()
    suffixes = {file.suffix for file in tmp_path.iterdir()}
    assert suffixes <= {".json", ".safetensors"}


def test_hugging_face_alone_reads_an_ordinary_model(recipe, text, tmp_path):
    network = shaken(recipe)
    expected = log_probabilities(network)
    export_model(copy.deepcopy(network), text.tokenizer, text.counts, tmp_path)
    alone = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    assert log_probabilities(alone).allclose(expected, atol=1e-4)


def test_exporting_does_not_change_the_network(recipe, text, tmp_path):
    network = shaken(recipe)
    export_model(network, text.tokenizer, text.counts, tmp_path)
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
