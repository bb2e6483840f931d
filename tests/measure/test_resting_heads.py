"""Heads that look at BOS alone: what rests already does not change, and nothing stays behind."""

from typing import Any

import torch

import references
from confidence_neurons.measure.interventions import ablate_heads
from confidence_neurons.model.state import run
from tiny_models import tiny_network


def test_a_head_already_on_bos_changes_nothing():
    network = tiny_network("gpt2-untied")
    transformer: Any = network.transformer
    attention, positions = transformer.h[1].attn, transformer.wpe.weight
    queries_and_keys = attention.c_attn.weight[:, :64].unflatten(1, (2, 4, 8))
    biases = attention.c_attn.bias[:64].unflatten(0, (2, 4, 8))
    with torch.no_grad():
        # The first dimension of the residual stream is large at position 0 alone.
        positions[:, 0] = 0
        positions[0] = 0
        positions[0, 0] = 1000
        transformer.h[1].ln_1.weight.fill_(1)
        # Head 1 asks for one thing everywhere, and only that dimension answers.
        queries_and_keys[:, :, 1] = 0
        queries_and_keys[0, 1, 1] = 10
        biases[0, 1], biases[1, 1] = 100, 0
    model = references.load_network(network)
    tokens = references.tokens_for()
    _, cache = model.run_with_cache(tokens, names_filter="blocks.1.attn.hook_pattern")
    pattern = cache["blocks.1.attn.hook_pattern"]
    assert (pattern[:, 1, :, 0] == 1).all()
    assert (pattern[:, 0, 1:, 0] < 1).all()
    clean = run(model, tokens)
    resting = ablate_heads(model, clean, [(1, 1)])
    assert torch.equal(resting.residual, clean.residual)
    assert torch.equal(resting.activations, clean.activations)
    busy = ablate_heads(model, clean, [(1, 0)])
    assert (busy.residual - clean.residual).abs().max() > 1e-3


def test_nothing_stays_behind():
    model, _ = references.tiny_pair("neox-serial")
    before = run(model, references.tokens_for())
    ablate_heads(model, before, [(0, 0), (1, 1)])
    assert torch.equal(run(model, before.tokens).residual, before.residual)


def test_the_first_position_sees_bos_anyway():
    model, _ = references.tiny_pair("neox-serial")
    clean = run(model, references.tokens_for())
    every = [(layer, head) for layer in range(2) for head in range(4)]
    ablated = ablate_heads(model, clean, every)
    assert ablated.residual[:, 0].allclose(clean.residual[:, 0], atol=1e-6)
