"""Odd models: near-certain predictions, huge gains, nothing to hear, nothing written.

The references take the model's own residual stream and activations, and do the
rest in double precision, one softmax for each ablation.
"""

from functools import cache
from typing import Any

import pytest
import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
)

import references
import references_ablation
from confidence_neurons.engine import closed_form
from confidence_neurons.engine.readout import Readout
from confidence_neurons.engine.scan import scan
from confidence_neurons.engine.tokens import token_effects
from confidence_neurons.model.architecture import output_weights
from confidence_neurons.model.output_map import output_map
from confidence_neurons.model.state import run
from confidence_neurons.weights.geometry import geometry
from engine.synthetic import changes_by_hand

NOISE = references_ablation.SINGLE_NOISE


def sizes(vocab_size=300, d_model=32, d_mlp=64) -> tuple[dict[str, Any], dict[str, Any]]:
    heads = 4 if d_model > 4 else 1
    common = {"vocab_size": vocab_size, "bos_token_id": 0, "eos_token_id": 0}
    gpt2 = {"n_embd": d_model, "n_layer": 2, "n_head": heads, "n_inner": d_mlp, "n_positions": 64}
    other = {
        "hidden_size": d_model,
        "num_hidden_layers": 2,
        "num_attention_heads": heads,
        "intermediate_size": d_mlp,
        "max_position_embeddings": 64,
    }
    return {**common, **gpt2, "tie_word_embeddings": False}, {**common, **other}


def network_of(family, **chosen):
    gpt2, other = sizes(**chosen)
    torch.manual_seed(0)
    network = {
        "gpt2": lambda: GPT2LMHeadModel(GPT2Config(**gpt2)),
        "gpt_neox": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(**{**other, "rotary_pct": 1.0})),
        "llama": lambda: LlamaForCausalLM(LlamaConfig(**other)),
    }[family]()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        write(network).mul_(5)
    return network.eval()


NORM = {
    "gpt2": "transformer.ln_f.weight",
    "gpt_neox": "gpt_neox.final_layer_norm.weight",
    "llama": "model.norm.weight",
}
READ = {
    "gpt2": ["transformer.h.1.mlp.c_fc.weight"],
    "gpt_neox": ["gpt_neox.layers.1.mlp.dense_h_to_4h.weight"],
    "llama": ["model.layers.1.mlp.gate_proj.weight"],
}


def write(network):
    """The output weights of the last layer."""
    names = ("h.1.mlp.c_proj.weight", "1.mlp.dense_4h_to_h.weight", "1.mlp.down_proj.weight")
    return next(p for name, p in network.named_parameters() if name.endswith(names))


def times(part, factor):
    def change(network):
        family = network.config.model_type
        parts = {
            "gain": [NORM[family]],
            "read": READ[family],
        }
        weights = [network.get_parameter(name) for name in parts.get(part, [])]
        weights += [network.get_output_embeddings().weight] if part == "unembedding" else []
        weights += [write(network)] if part == "write" else []
        for one in weights:
            one.mul_(factor)

    return change


def alike(network):
    weights = network.get_output_embeddings().weight
    weights.copy_(weights[:1].expand_as(weights))


ODD = {
    "plain": (lambda network: None, {}),
    "unembedding x 10": (times("unembedding", 10), {}),
    "unembedding x 30": (times("unembedding", 30), {}),
    "unembedding x 300": (times("unembedding", 300), {}),
    "unembedding x 1e4": (times("unembedding", 1e4), {}),
    "gain x 1e6": (times("gain", 1e6), {}),
    "gain 0": (times("gain", 0), {}),
    "equal logits": (alike, {}),
    "vocabulary of two": (lambda network: None, {"vocab_size": 2}),
    "d_model 2": (lambda network: None, {"d_model": 2}),
    "nothing written": (times("write", 0), {}),
    "loud neurons": (times("write", 100), {}),
    "one neuron": (lambda network: None, {"d_mlp": 1}),
    "constant activations": (times("read", 0), {}),
}
NO_GAP = {"gain 0", "equal logits", "vocabulary of two", "d_model 2"}
NO_EFFECT = {"gain 0", "equal logits", "nothing written", "constant activations"}
EVERY = pytest.mark.parametrize("oddity", list(ODD))
FAMILIES = pytest.mark.parametrize("family", list(NORM))
PRECISION = pytest.mark.parametrize("double", [False, True])


@cache
def odd_model(family, oddity):
    change, chosen = ODD[oddity]
    network = network_of(family, **chosen)
    with torch.no_grad():
        change(network)
    return references.light(network)


def tokens_of(model):
    return references.tokens_for(vocab_size=model.cfg.d_vocab, rows=3)


@cache
def expected(family, oddity):
    """Changes of every neuron at every token."""
    model = odd_model(family, oddity)
    state, end = run(model, tokens_of(model)), output_map(model)
    activations = state.activations[state.counted].double()
    delta = activations.mean(dim=0) - activations
    readout = Readout(end.weights, end.gain, end.bias, end.norm)
    parts = (state.residual[state.counted], state.targets(), output_weights(model), delta)
    return changes_by_hand(readout, parts)


@pytest.fixture(autouse=True)
def which_precision(request, monkeypatch):
    if not request.node.callspec.params.get("double", True):
        monkeypatch.setattr(closed_form, "DOUBLE_BELOW", 0)


@PRECISION
@EVERY
@FAMILIES
def test_exact_agrees_with_double_precision(family, oddity, double):
    model = odd_model(family, oddity)
    frame = scan(model, tokens_of(model), k=1)
    for name, changes in expected(family, oddity).items():
        values = changes.abs().mean(dim=0)
        missed = (torch.tensor(frame[name].to_numpy()) - values).abs()
        assert (missed <= 1e-4 * values + NOISE).all(), (name, missed.max())
    if oddity in NO_EFFECT:
        assert frame[["entropy_total", "loss_total", "kl_from_clean"]].max(axis=None) < 1e-6


@pytest.mark.parametrize("double", [False])
@EVERY
@FAMILIES
def test_second_order_is_within_its_estimate_or_exact(family, oddity, double):
    model = odd_model(family, oddity)
    frame = scan(model, tokens_of(model), k=1, method="second-order")
    for name in ("entropy_total", "entropy_direct", "loss_total", "kl_from_clean"):
        values = expected(family, oddity)[name].abs().mean(dim=0)
        missed = (torch.tensor(frame[name].to_numpy()) - values).abs()
        margin = 1e-4 if name == "entropy_total" else 0.01
        estimate = torch.tensor(frame["error_estimate"].to_numpy())
        assert (missed <= (estimate + margin) * values + NOISE).all(), (name, missed.max())
    assert frame["error_estimate"].between(0, 0.05).all()


@EVERY
def test_changes_at_each_token_are_right(oddity):
    family = "gpt_neox"
    model = odd_model(family, oddity)
    frame = token_effects(model, tokens_of(model))
    for name, values in expected(family, oddity).items():
        found = torch.tensor(frame[name].to_numpy()).double().reshape(values.T.shape).T
        assert ((found - values).abs() <= 1e-4 * values.abs() + NOISE).all(), name


@pytest.mark.parametrize("oddity", sorted(NO_GAP))
@FAMILIES
def test_a_spectrum_without_a_gap_is_refused_with_a_hint(family, oddity):
    model = odd_model(family, oddity)
    with pytest.raises(ValueError, match="give k, such as k=1"):
        scan(model, tokens_of(model))
    assert geometry(model, k=1).null_space.shape[1] == 1
