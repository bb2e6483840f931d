"""A plain network that is hooked: against itself, against hooks, against TransformerLens."""

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from accelerate import dispatch_model
from transformers import AutoModelForCausalLM, AutoTokenizer

import references
import references_ablation
import references_hooks
from confidence_neurons.induction.scores import head_scores
from confidence_neurons.measure.effects import compare, effects
from confidence_neurons.measure.interventions import ablate, ablate_heads, write
from confidence_neurons.measure.outputs import read
from confidence_neurons.model import state as state_module
from confidence_neurons.model.architecture import (
    final_norm,
    mlp_norm,
    output_weights,
    own_logits,
)
from confidence_neurons.model.bundled import verified_directory
from confidence_neurons.model.ends import Model
from confidence_neurons.model.light import LightModel
from confidence_neurons.model.output_map import output_map
from confidence_neurons.model.state import run, run_network, unembed
from confidence_neurons.text.altered import repeated_random
from confidence_neurons.text.reading import prose_tokens
from confidence_neurons.weights.geometry import neuron_weights
from tiny_models import ARCHITECTURES, QUIRKY, save_tiny_model, tiny_tokenizer

EVERY = sorted([*ARCHITECTURES, *QUIRKY])
EVERY_ARCHITECTURE = pytest.mark.parametrize("architecture", EVERY)
TOKENS = references.tokens_for(rows=2)
NORM_AFTER_MLP = {"gemma2", "gemma3", "olmo2"}


def light(network: Any, name: str = "tiny") -> LightModel:
    return LightModel.of(network, tiny_tokenizer(network.config.vocab_size), name)


@cache
def tiny_light(architecture, dtype=torch.float32):
    network: Any = references_ablation.loud_network(architecture)
    return light(network.to(dtype))


@cache
def bundled_light(name):
    directory = verified_directory(name)
    network: Any = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    eps = getattr(network.config, "final_layer_norm_eps", None)
    if eps is not None:
        network.gpt_neox.final_layer_norm.eps = eps
    return LightModel.of(network, AutoTokenizer.from_pretrained(directory), name)


@EVERY_ARCHITECTURE
def test_logits_from_the_map_are_the_networks_own(architecture):
    model = tiny_light(architecture)
    with torch.no_grad():
        expected = model.network(TOKENS).logits
    assert own_logits(model, TOKENS).equal(expected)
    assert unembed(model, run(model, TOKENS).residual).allclose(expected, atol=1e-5, rtol=1e-5)


@EVERY_ARCHITECTURE
def test_sizes_are_the_networks_own(architecture):
    model, expected = tiny_light(architecture), references.tiny_pair(architecture)[0].cfg
    for name in ("d_model", "d_mlp", "d_vocab", "n_layers", "n_heads", "n_ctx"):
        assert getattr(model.cfg, name) == getattr(expected, name), name
    assert model.cfg.device == torch.device("cpu")
    assert model.cfg.dtype == torch.float32
    assert isinstance(model, Model)


@EVERY_ARCHITECTURE
def test_nothing_large_is_copied(architecture):
    model = tiny_light(architecture)
    own = model.network.get_parameter("lm_head.weight")
    assert output_map(model).weights.data_ptr() == own.data_ptr()
    assert model.cfg.d_vocab == len(own)


@EVERY_ARCHITECTURE
def test_what_a_neuron_adds_is_its_output_weights(architecture):
    """In front of the norm after the MLP where there is one, else to the stream itself."""
    model = tiny_light(architecture)
    clean = run(model, TOKENS)
    neuron, delta = 7, 0.25

    def move(activations):
        moved = activations.clone()
        moved[..., neuron] += delta
        return moved

    moved = run_network(model, TOKENS, None, clean.counted, move)
    assert moved.activations[..., neuron].allclose(clean.activations[..., neuron] + delta)
    if architecture in NORM_AFTER_MLP:
        norm = mlp_norm(model)
        assert norm is not None
        assert clean.mlp_out is not None
        assert moved.mlp_out is not None
        found = moved.mlp_out - clean.mlp_out
        added = norm.apply(moved.mlp_out) - norm.apply(clean.mlp_out)
        assert (moved.residual - clean.residual).allclose(added, atol=1e-5)
    else:
        assert clean.mlp_out is None
        assert mlp_norm(model) is None
        found = final_norm(model).centre(moved.residual - clean.residual)
    expected = (delta * output_weights(model)[neuron]).expand_as(found)
    assert found.allclose(expected, atol=2e-5)


@pytest.mark.parametrize("neurons", [[7], [40, 3, 63]])
@EVERY_ARCHITECTURE
def test_effects_agree_with_transformers_and_hooks(architecture, neurons):
    network = references_ablation.loud_network(architecture)
    counts = references_ablation.counts_for()
    model = tiny_light(architecture, torch.float64)
    levels = {
        neuron: references_hooks.mean_by_transformers(network, TOKENS, neuron) for neuron in neurons
    }
    runs = references_hooks.runs_by_transformers(network, TOKENS, levels)
    expected = references_ablation.changes_of(runs.pop("clean"), runs, TOKENS, counts)
    state = run(model, TOKENS)
    asked = {"quantities": ("entropy", "loss", "kl", "kl_reverse"), "counts": counts}
    paths = ("total", "direct", "indirect", "frequency")
    frame = effects(model, state, {"group": neurons}, paths=paths, **asked)
    held = {"group": ablate(model, state, neurons)}
    pd.testing.assert_frame_equal(compare(model, state, held, paths=paths, **asked), frame)
    for name, values in expected.items():
        found = torch.tensor(frame[name].to_numpy(), dtype=torch.float64)
        allowed = 1e-4 * values.abs() + references_ablation.SINGLE_NOISE
        assert ((found - values).abs() <= allowed).all(), name
    assert expected["entropy_total"].abs().max() > 2e-5


@EVERY_ARCHITECTURE
def test_in_single_precision_mean_effects_agree_with_transformers_and_hooks(architecture):
    network = references_ablation.loud_network(architecture)
    model = tiny_light(architecture)
    expected = references_hooks.changes_by_transformers(network, TOKENS, 7)
    frame = effects(model, run(model, TOKENS), {"group": [7]})
    for name in frame.columns.drop(["group", "sequence", "position"]):
        value = float(expected[name].abs().mean())
        assert frame[name].abs().mean() == pytest.approx(value, rel=1e-4, abs=1e-6), name


@EVERY_ARCHITECTURE
def test_both_ways_to_hold_a_model_give_the_same_numbers(architecture):
    bridge, network = references.tiny_pair(architecture)
    model = light(network)
    assert_same(bridge, model, TOKENS, references_ablation.counts_for())


@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_both_ways_to_hold_a_bundled_model_give_the_same_numbers(name):
    model = bundled_light(name)
    bridge = references.bundled(name)
    tokens = prose_tokens(model, length=32, count=2)
    assert tokens.equal(prose_tokens(bridge, length=32, count=2))
    assert_same(bridge, model, tokens, None)


def assert_same(bridge, model, tokens, counts):
    held, plain = run(bridge, tokens), run(model, tokens)
    norm = final_norm(model)
    assert norm == final_norm(bridge)
    assert norm.centre(plain.residual).allclose(norm.centre(held.residual), atol=2e-5)
    assert plain.activations.allclose(held.activations, atol=1e-5)
    assert plain.scale.allclose(held.scale, rtol=1e-5)
    assert output_weights(model).allclose(output_weights(bridge), atol=1e-6)
    quantities = ("entropy", "loss", "scale", "kl", "projection")
    for one, other in (
        (
            read(bridge, held, quantities, counts=counts),
            read(model, plain, quantities, counts=counts),
        ),
        (effects(bridge, held, {"two": [1, 5]}), effects(model, plain, {"two": [1, 5]})),
    ):
        numbers = one.select_dtypes("number").columns
        allowed = 2e-5 * (1 + other[numbers].abs())
        assert ((one[numbers] - other[numbers]).abs() <= allowed).all(axis=None)


@EVERY_ARCHITECTURE
def test_what_the_weights_say_is_the_same_both_ways(architecture):
    bridge, network = references.tiny_pair(architecture)
    counts = references_ablation.counts_for()
    one, other = (neuron_weights(model, k=2, counts=counts) for model in (bridge, light(network)))
    assert (one - other).abs().max().max() < 2e-5


@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_what_the_weights_of_a_bundled_model_say_is_the_same_both_ways(name):
    one, other = (
        neuron_weights(model) for model in (references.bundled(name), bundled_light(name))
    )
    assert (one - other).abs().max().max() < 2e-5


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("architecture", ["gemma", "gpt2-tied", "llama", "gemma3"])
def test_half_precision_is_measured_in_single_precision(architecture, dtype):
    """Beside the same half-precision numbers in a network that computes in double precision."""
    network = references.tiny_network(architecture).to(dtype)
    model = light(network)
    assert model.cfg.dtype == dtype
    state = run(model, TOKENS)
    assert state.activations.dtype == dtype
    for values in (state.residual, state.scale, state.mean_activations()):
        assert values.dtype == torch.float32
    end = output_map(model)
    assert end.weights.dtype == dtype
    assert end.gain.dtype == end.bias.dtype == torch.float32
    logits = unembed(model, state.residual)
    assert logits.dtype == torch.float32
    with torch.no_grad():
        own = model.network(TOKENS).logits.float()
    eps = torch.finfo(dtype).eps
    assert (logits - own).norm() < 4 * eps * own.norm()
    double = light(references.tiny_network(architecture).to(dtype).double())
    exact = read(double, run(double, TOKENS))
    found = read(model, state)
    assert (found["entropy"] - exact["entropy"]).abs().max() < 20 * eps
    frame = effects(model, state, {"two": [1, 5]}, to=0.5)
    wide_state = run_in(double, state)
    same = effects(double, wide_state, {"two": [1, 5]}, to=0.5)
    numbers = frame.select_dtypes("number").columns
    assert (frame[numbers] - same[numbers]).abs().max().max() < 5e-6


def run_in(model, state):
    """A state whose numbers are those of another one, in double precision."""
    residual = state.residual.double()
    return replace(
        state,
        residual=residual,
        activations=state.activations.double(),
        scale=final_norm(model).scale(residual),
        mlp_out=None if state.mlp_out is None else state.mlp_out.double(),
    )


def test_too_large_for_half_precision_is_refused_with_the_reason():
    network = references.tiny_network("llama")
    with torch.no_grad():
        network.model.embed_tokens.weight.mul_(1e7)
    with pytest.raises(ValueError, match=r"residual stream.*float16 holds no number beyond"):
        run(light(network.half()), TOKENS)


def test_the_unembedding_is_not_run_and_rows_go_through_in_pieces(monkeypatch):
    model = light(references.tiny_network("llama"))
    calls: list[tuple[int, ...]] = []
    head = model.network.get_submodule("lm_head")
    head.register_forward_hook(lambda *_: pytest.fail("the unembedding ran"))
    model.network.model.register_forward_hook(
        lambda module, args, kwargs, output: calls.append(tuple(kwargs["input_ids"].shape)),
        with_kwargs=True,
    )
    whole = run(model, references.tokens_for(rows=5))
    pieces_of = state_module.row_blocks
    monkeypatch.setattr(state_module, "row_blocks", lambda tokens: pieces_of(tokens, 24))
    pieces = run(model, references.tokens_for(rows=5))
    assert calls == [(5, 12), (2, 12), (2, 12), (1, 12)]
    assert pieces.residual.allclose(whole.residual, atol=1e-5)


@pytest.mark.parametrize("architecture", ["gpt2-tied", "gemma3"])
def test_activations_of_another_layer_come_with_the_same_final_residual(architecture):
    model = tiny_light(architecture)
    first, last = run(model, TOKENS, layer=0), run(model, TOKENS)
    assert first.residual.equal(last.residual)
    assert not first.activations.equal(last.activations)
    assert (first.mlp_out is None) == (architecture == "gpt2-tied")
    with pytest.raises(ValueError, match="got those of layer 0"):
        ablate(model, first, [0])


def test_the_network_is_frozen_and_no_hook_stays():
    network = references.tiny_network("gemma2").train()
    model = light(network)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    state = run(model, TOKENS)
    assert not state.residual.requires_grad
    with pytest.raises(ZeroDivisionError):
        run_network(model, TOKENS, None, state.counted, lambda values: values / (1 // 0))
    assert not any(module._forward_pre_hooks for module in network.modules())


def test_the_rest_of_a_state_works_too():
    model = tiny_light("gemma3")
    state = run(model, TOKENS)
    few = state.rows(slice(1, 2))
    assert state.mlp_out is not None
    assert few.mlp_out is not None
    assert few.mlp_out.equal(state.mlp_out[1:])
    both = ablate(model, ablate(model, state, [1], to=0.5), [2], to=0.5)
    together = ablate(model, state, [1, 2], to=0.5)
    assert both.residual.allclose(together.residual, atol=1e-5)
    assert both.mlp_out is not None
    assert together.mlp_out is not None
    assert both.mlp_out.allclose(together.mlp_out, atol=1e-5)
    assert write(model, state, torch.ones(32), 1.0).mlp_out is state.mlp_out


def test_heads_are_not_reached():
    model = tiny_light("llama")
    with pytest.raises(TypeError, match=r"from load_light: .* load_model"):
        ablate_heads(model, run(model, TOKENS), [(0, 1)])
    with pytest.raises(TypeError, match=r"from load_light: .* load_model"):
        head_scores(model, repeated_random(300, period=5, count=2), period=5)


@pytest.mark.parametrize("architecture", ["glm", "mixtral", "olmo", "qwen2-moe"])
def test_families_whose_parts_are_not_known_are_refused(architecture):
    with pytest.raises(NotImplementedError, match=r"gemma, gemma2, .* got (glm|mixtral|olmo|qwen)"):
        light(references.tiny_network(architecture))


def test_a_part_that_is_not_there_is_refused():
    network = references.tiny_network("llama")
    del network.model.layers[-1].mlp.down_proj
    with pytest.raises(NotImplementedError, match=r"mlp.down_proj in LlamaDecoderLayer.*llama"):
        light(network)


def test_quantised_weights_are_refused():
    network: Any = references.tiny_network("llama")
    head = network.lm_head
    head.weight = torch.nn.Parameter(head.weight.to(torch.int8), requires_grad=False)
    with pytest.raises(NotImplementedError, match=r"the unembedding as floating.*torch.int8"):
        light(network)


def test_layers_on_the_disk_are_measured_and_the_end_has_to_be_in_memory(tmp_path):
    whole = run(light(references.tiny_network("llama")), TOKENS)
    for stored in ("model.layers.0", "lm_head"):
        network = references.tiny_network("llama")
        parts = ("model.embed_tokens", "model.layers.0", "model.layers.1", "model.norm")
        parts = (*parts, "model.rotary_emb", "lm_head")
        places = {part: "disk" if part == stored else "cpu" for part in parts}
        dispatch_model(network, places, main_device="cpu", offload_dir=tmp_path)
        if stored == "lm_head":
            with pytest.raises(NotImplementedError, match="device_map that keeps the last layer"):
                light(network)
        else:
            assert run(light(network), TOKENS).residual.equal(whole.residual)


def test_transformer_lens_is_never_imported(tmp_path: Path):
    save_tiny_model(tmp_path, "gemma3")
    code = f"""
import sys
import torch
import confidence_neurons as cn
from transformers import AutoModelForCausalLM, AutoTokenizer
from confidence_neurons.model.light import LightModel
cn.load_light({str(tmp_path)!r})
network = AutoModelForCausalLM.from_pretrained({str(tmp_path)!r})
model = LightModel.of(network, AutoTokenizer.from_pretrained({str(tmp_path)!r}), "tiny")
tokens = cn.tokens_from_text(model, "The coach had gone. " * 20, length=8)
counts = cn.count_tokens(model, "The coach had gone.")
state = cn.run(model, tokens)
cn.read(model, state, ("entropy", "kl"), counts=counts)
cn.effects(model, state, {{"one": [1]}})
cn.geometry(model, k=2, counts=counts)
cn.controls(model, [1, 2])
cn.scan(model, tokens, k=2, counts=counts)
print("transformer_lens" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "False", done.stderr
