"""Neurons held, heads switched off, directions written: against the model run again with hooks."""

import pytest
import torch

import references
import references_ablation
import references_induction
from confidence_neurons.measure.interventions import ablate, ablate_heads, rising, write
from confidence_neurons.model.state import run, unembed
from confidence_neurons.text.reading import prose_tokens
from tiny_models import ARCHITECTURES, QUIRKY

GROUPS = [[7], [40, 3, 63, 12]]


def log_p(logits):
    return logits.log_softmax(dim=-1)


def assert_agrees_with_hooks(model, tokens, neurons, clip=None, atol=1e-5):
    state = run(model, tokens)
    mean = state.mean_activations()
    after = ablate(model, state, neurons, clip=clip)
    runs = references_ablation.runs_by_hooks(
        model,
        tokens,
        {neuron: float(mean[neuron]) for neuron in neurons},
        rises=None if clip is None else {neuron: bool(clip[neuron]) for neuron in neurons},
    )
    states = {"total": after, "direct": after.frozen(state), "indirect": state.frozen(after)}
    for path, changed in states.items():
        found = log_p(unembed(model, changed.residual, changed.scale))
        assert (found - log_p(runs[path])).abs().max() < atol, path
    clean = log_p(unembed(model, state.residual))
    assert (log_p(unembed(model, after.residual)) - clean).abs().max() > 1e-4


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("neurons", GROUPS)
@pytest.mark.parametrize("architecture", sorted([*ARCHITECTURES, *QUIRKY]))
def test_ablation_on_tiny_models_agrees_with_hooks(architecture, neurons, clip):
    model, _ = references.tiny_pair(architecture)
    rises = torch.arange(64) % 2 == 0 if clip else None
    assert_agrees_with_hooks(model, references.tokens_for(rows=3), neurons, rises)


@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_ablation_on_the_bundled_models_agrees_with_hooks(name):
    model = references.bundled(name)
    norms = model.blocks[-1].mlp.W_out.norm(dim=1)
    neurons = [*norms.topk(3).indices.tolist(), int(norms.argmin())]
    assert_agrees_with_hooks(model, prose_tokens(model, length=24, count=2), neurons)


def test_clipping_above_the_maximum_changes_nothing():
    model, _ = references.tiny_pair("neox-serial")
    state = run(model, references.tokens_for())
    highest, lowest = state.activations.amax(dim=(0, 1)), state.activations.amin(dim=(0, 1))
    every = list(range(64))
    up, down = torch.ones(64, dtype=torch.bool), torch.zeros(64, dtype=torch.bool)
    for level, clip in ((highest + 1, up), (lowest - 1, down), (highest, up), (lowest, down)):
        after = ablate(model, state, every, to=level, clip=clip)
        assert after.residual.equal(state.residual)
        assert after.activations.equal(state.activations)
    cut = ablate(model, state, every, to=highest - 0.1, clip=up)
    assert not cut.residual.equal(state.residual)


def test_groups_add_up_in_the_residual_stream_and_a_number_clamps():
    model, _ = references.tiny_pair("gpt2-tied")
    state = run(model, references.tokens_for())
    together = ablate(model, state, [1, 2, 3], to=0.5)
    step = state
    for neuron in (3, 1, 2):
        step = ablate(model, step, [neuron], to=0.5)
    assert together.residual.allclose(step.residual, atol=1e-5)
    assert (together.activations[..., [1, 2, 3]] == 0.5).all()
    assert torch.equal(together.activations, step.activations)


def test_parts_of_a_write_add_up_to_the_whole():
    model, _ = references.tiny_pair("llama")
    state = run(model, references.tokens_for())
    whole = ablate(model, state, [9]).residual - state.residual
    w_out = model.blocks[-1].mlp.W_out[9].detach()
    first = torch.where(torch.arange(len(w_out)) < 10, w_out, 0)
    parts = [
        ablate(model, state, [9], writes=part[None]).residual - state.residual
        for part in (first, w_out - first)
    ]
    assert (parts[0] + parts[1]).allclose(whole, atol=1e-5)
    assert parts[0][..., 10:].abs().max() == 0


def test_the_state_given_stays_as_it_is():
    model, _ = references.tiny_pair("llama")
    state = run(model, references.tokens_for())
    before = state.residual.clone(), state.activations.clone(), state.scale.clone()
    ablate(model, state, [1, 2], to=3.0)
    write(model, state, torch.ones(32), 2.0)
    for kept, now in zip(before, (state.residual, state.activations, state.scale), strict=True):
        assert kept.equal(now)


@pytest.mark.parametrize("heads", [[(0, 1)], [(1, 0), (1, 3), (0, 2)]])
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_ablated_heads_agree_with_hooks_and_with_hugging_face(architecture, heads):
    model, network = references.tiny_pair(architecture)
    tokens = references.tokens_for(rows=3)
    state = run(model, tokens)
    after = ablate_heads(model, state, heads)
    found = log_p(unembed(model, after.residual, after.scale))
    by_hooks = log_p(references_induction.bos_ablated_by_hooks(model, tokens, heads))
    own = log_p(references_induction.bos_ablated_by_hugging_face(network, tokens, heads))
    assert (found - by_hooks).abs().max() < 1e-5
    assert (found - own).abs().max() < 2e-5
    assert (found - log_p(unembed(model, state.residual))).abs().max() > 1e-4
    assert after.counted.equal(state.counted)


def test_neurons_of_a_model_without_heads_can_be_held_too():
    model, _ = references.tiny_pair("neox-serial")
    state = ablate_heads(model, run(model, references.tokens_for()), [(1, 0)])
    after = ablate(model, state, [9], to=2.0)
    assert (after.activations[..., 9] == 2).all()
    assert not after.residual.equal(state.residual)


@pytest.mark.parametrize("architecture", ["gpt2-tied", "llama"])
def test_writing_adds_so_many_lengths_along_the_direction(architecture):
    model, _ = references.tiny_pair(architecture)
    state = run(model, references.tokens_for())
    direction = torch.arange(32.0) - 15.5
    unit = direction / direction.norm()
    after = write(model, state, direction, -0.5)
    for row in range(2):
        for position in range(12):
            x = state.residual[row, position]
            length = (x - x.mean()).norm() if architecture == "gpt2-tied" else x.norm()
            expected = x - 0.5 * length * unit
            assert after.residual[row, position].allclose(expected, atol=1e-5)
    assert after.activations.equal(state.activations)


def test_what_rises_on_a_task():
    model, _ = references.tiny_pair("llama")
    tokens = references.tokens_for()
    early, late = (torch.zeros_like(tokens, dtype=torch.bool) for _ in range(2))
    early[:, 1:5], late[:, 5:11] = True, True
    state = run(model, tokens)
    found = rising(state.at(late), state.at(early))
    for neuron in range(64):
        values = state.activations[..., neuron]
        assert found[neuron] == (values[:, 5:11].mean() > values[:, 1:5].mean())


def test_neurons_of_another_layer_are_refused():
    model, _ = references.tiny_pair("llama")
    state = run(model, references.tokens_for(), layer=0)
    with pytest.raises(ValueError, match="got those of layer 0"):
        ablate(model, state, [0])
