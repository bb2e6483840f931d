"""Grown in memory: the same as with files, and a model of the library."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from safetensors.torch import load_file
from transformers import GPTNeoXForCausalLM

import confidence_neurons as cn
from confidence_neurons.growing import training
from confidence_neurons.growing.export import export_model
from confidence_neurons.growing.holding import grow, hold
from confidence_neurons.growing.language import Language
from confidence_neurons.growing.language_batches import LanguageBatches
from confidence_neurons.growing.network import build_network, named_weights
from confidence_neurons.growing.training import train

LANGUAGE = Language(content=20, rank=3)


@pytest.fixture
def small(recipe):
    return replace(recipe, vocab_size=LANGUAGE.d_vocab, steps=4)


def test_the_weights_are_those_that_a_run_with_files_leaves(recipe, mixture, text, tmp_path):
    train(recipe, mixture, tmp_path, compiled=False)
    model = grow(recipe, mixture, text.tokenizer)
    written = load_file(tmp_path / "snapshots" / "step-000006.safetensors")
    held = named_weights(model.network)
    assert written.keys() == held.keys()
    assert all(torch.equal(written[name], held[name]) for name in written)


def test_without_a_bar_the_weights_are_the_same(recipe, mixture, text, monkeypatch):
    shown = grow(recipe, mixture, text.tokenizer)
    monkeypatch.setattr(training, "tqdm", partial(training.tqdm, disable=True))
    hidden = grow(recipe, mixture, text.tokenizer)
    for one, other in zip(shown.network.parameters(), hidden.network.parameters(), strict=True):
        assert torch.equal(one, other)


def test_threads_and_determinism_are_put_back(recipe, mixture, text):
    torch.use_deterministic_algorithms(False)
    threads = torch.get_num_threads()
    grow(replace(recipe, threads=threads + 1), mixture, text.tokenizer)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_watching_sees_the_model_at_its_steps_and_changes_nothing(small):
    batches, seen = LanguageBatches(small, LANGUAGE), {}
    watched = grow(
        small, batches, LANGUAGE.tokenizer(), watch=seen.__setitem__, at=(0, 2, small.steps)
    )
    assert list(seen) == [0, 2, 4]
    start = named_weights(build_network(small))
    for name, weight in named_weights(seen[0].network).items():
        assert torch.equal(weight, start[name])
    alone = grow(small, batches, LANGUAGE.tokenizer())
    for model in (watched, seen[4]):
        for one, other in zip(model.network.parameters(), alone.network.parameters(), strict=True):
            assert torch.equal(one, other)


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"tied": False},
        {"final_norm": "rms"},
        {"learned_gain": False},
        {"frozen_scale": 2.0},
        {"dropout": 0.1},
        {"rotated": True},
    ],
)
def test_whatever_is_grown_is_measured_by_the_library(small, knobs):
    small = replace(small, **knobs)
    model = grow(small, LanguageBatches(small, LANGUAGE), LANGUAGE.tokenizer())
    tokens = torch.from_numpy(LANGUAGE.draw(3, 12, 1).tokens)
    own = model.network(tokens).logits.log_softmax(dim=-1)
    losses = -own[:, 1:-1].gather(-1, tokens[:, 2:, None])
    state = cn.run(model, tokens)
    assert cn.read(model, state)["loss"].mean() == pytest.approx(losses.mean().item(), rel=1e-4)
    assert len(cn.scan(model, tokens)) == model.cfg.d_mlp
    centred = cn.geometry(model, k=2).spectrum.values[-1] < 1e-4
    assert centred == (small.final_norm == "layer")
    if small.frozen_scale is not None:
        assert float(state.scale.std()) < 1e-3 * float(state.scale.mean())


def test_a_held_network_is_a_copy(small):
    network = build_network(small)
    model = hold(network, LANGUAGE.tokenizer(), "copied")
    assert network.training
    assert network.gpt_neox.embed_in.weight.requires_grad
    assert not model.network.training
    assert model.cfg.model_name == "copied"


def test_a_model_of_a_language_loads_from_a_directory(small, tmp_path):
    model = grow(small, LanguageBatches(small, LANGUAGE), LANGUAGE.tokenizer())
    counts = torch.ones(LANGUAGE.d_vocab, dtype=torch.int64).numpy()
    assert isinstance(model.network, GPTNeoXForCausalLM)
    export_model(model.network, LANGUAGE.tokenizer(), counts, tmp_path)
    tokens = torch.from_numpy(LANGUAGE.draw(3, 12, 1).tokens)
    expected = cn.read(model, cn.run(model, tokens))["entropy"]
    for load in (cn.load_light, cn.load_model):
        loaded = load(tmp_path, device="cpu")
        found = cn.read(loaded, cn.run(loaded, tokens))["entropy"]
        assert found.to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-3)


def test_rmsnorm_has_no_place_in_a_directory(small, tmp_path):
    network = build_network(replace(small, final_norm="rms"))
    counts = torch.ones(LANGUAGE.d_vocab, dtype=torch.int64).numpy()
    with pytest.raises(ValueError, match=r"final LayerNorm, got RMSNorm.*hold"):
        export_model(network, LANGUAGE.tokenizer(), counts, tmp_path)
