"""BOS ablation against hooks, against Hugging Face without hooks, and at its limits."""

import pytest
import torch

import references
import references_induction
from confidence_neurons.induction.attention import attend_to_bos
from confidence_neurons.model.state import logits_from_residual, run_final
from tiny_models import ARCHITECTURES, tiny_network

SETS = [[(0, 1)], [(1, 3), (0, 0), (1, 0)], [(layer, h) for layer in (0, 1) for h in range(4)]]


def log_probabilities(model, state):
    return logits_from_residual(model, state.residual).log_softmax(dim=-1)


@pytest.mark.parametrize("heads", SETS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_ablation_agrees_with_hooks_and_with_hugging_face(architecture, heads):
    model, network = references.tiny_pair(architecture)
    tokens = references.tokens_for(rows=3)
    found = log_probabilities(model, attend_to_bos(model, tokens, heads))
    hooked = references_induction.bos_ablated_by_hooks(model, tokens, heads)
    assert (found - hooked.log_softmax(dim=-1)).abs().max() < 1e-5
    unhooked = references_induction.bos_ablated_by_hugging_face(network, tokens, heads)
    assert (found - unhooked.log_softmax(dim=-1)).abs().max() < 1e-5
    clean = log_probabilities(model, run_final(model, tokens))
    assert (found - clean).abs().max() > 1e-3


def test_ablation_on_prose_agrees_with_hooks():
    model = references.bundled("prose")
    tokens = references.tokens_for(model.cfg.d_vocab, rows=2, length=20)
    heads = [(1, 1), (1, 3), (0, 3)]
    found = log_probabilities(model, attend_to_bos(model, tokens, heads))
    hooked = references_induction.bos_ablated_by_hooks(model, tokens, heads)
    assert (found - hooked.log_softmax(dim=-1)).abs().max() < 1e-5


def test_a_head_already_on_bos_changes_nothing():
    network = tiny_network("gpt2-untied")
    attention, positions = network.transformer.h[1].attn, network.transformer.wpe.weight
    queries_and_keys = attention.c_attn.weight[:, :64].unflatten(1, (2, 4, 8))
    biases = attention.c_attn.bias[:64].unflatten(0, (2, 4, 8))
    with torch.no_grad():
        # The first dimension of the residual stream is large at position 0 alone.
        positions[:, 0] = 0
        positions[0] = 0
        positions[0, 0] = 1000
        network.transformer.h[1].ln_1.weight.fill_(1)
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
    clean = run_final(model, tokens)
    resting = attend_to_bos(model, tokens, [(1, 1)])
    assert torch.equal(resting.residual, clean.residual)
    assert torch.equal(resting.activations, clean.activations)
    busy = attend_to_bos(model, tokens, [(1, 0)])
    assert (busy.residual - clean.residual).abs().max() > 1e-3


def test_nothing_stays_behind():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for()
    before = run_final(model, tokens).residual
    attend_to_bos(model, tokens, [(0, 0), (1, 1)])
    assert torch.equal(run_final(model, tokens).residual, before)


def test_batches_do_not_change_the_result():
    model, _ = references.tiny_pair("llama")
    tokens = references.tokens_for(rows=5)
    whole = attend_to_bos(model, tokens, [(0, 2)])
    pieces = attend_to_bos(model, tokens, [(0, 2)], batch_size=2)
    assert whole.residual.allclose(pieces.residual, atol=1e-6)


def test_the_first_position_sees_bos_anyway():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for()
    every = [(layer, head) for layer in range(2) for head in range(4)]
    ablated, clean = attend_to_bos(model, tokens, every), run_final(model, tokens)
    assert ablated.residual[:, 0].allclose(clean.residual[:, 0], atol=1e-6)


@pytest.mark.parametrize("heads", [[], [(0, 4)], [(2, 0)], [(0, 0), (0, 0)]])
def test_heads_that_make_no_set_are_refused_at_once(heads):
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match="expected"):
        attend_to_bos(model, references.tokens_for(), heads)
