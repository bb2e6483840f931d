"""Mean and clip ablation in closed form against the model run again with hooks."""

import pytest
import torch

import references
import references_induction
from confidence_neurons.induction.attention import attend_to_bos
from confidence_neurons.measure.ablation import ablate_neurons
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import logits_from_residual, run_final
from confidence_neurons.text.reading import prose_tokens
from confidence_neurons_book.induction.activations import mean_activations
from tiny_models import ARCHITECTURES

SETS = [[7], [40, 3, 63, 12]]


def everywhere(tokens):
    return torch.ones_like(tokens, dtype=torch.bool)


def half_rise(d_mlp):
    return torch.arange(d_mlp) % 2 == 0


def assert_agrees_with_hooks(model, tokens, neurons, rises, atol=1e-5):
    state = run_final(model, tokens)
    mean = mean_activations(state.activations, everywhere(tokens))
    after = ablate_neurons(model, state, neurons, mean, rises)
    logits, scale = references_induction.ablated_by_hooks(
        model, tokens, neurons, mean.tolist(), None if rises is None else rises.tolist()
    )
    found = logits_from_residual(model, after.residual).log_softmax(dim=-1)
    assert (found - logits.log_softmax(dim=-1)).abs().max() < atol
    assert FinalNorm.from_model(model).scale(after.residual).squeeze(-1).allclose(scale, atol=atol)
    clean = logits_from_residual(model, state.residual).log_softmax(dim=-1)
    assert (found - clean).abs().max() > 1e-4


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("neurons", SETS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_ablation_on_tiny_models_agrees_with_hooks(architecture, neurons, clip):
    model, _ = references.tiny_pair(architecture)
    rises = half_rise(64) if clip else None
    assert_agrees_with_hooks(model, references.tokens_for(rows=3), neurons, rises)


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_ablation_on_the_bundled_models_agrees_with_hooks(name, clip):
    model = references.bundled(name)
    rises = half_rise(512) if clip else None
    assert_agrees_with_hooks(model, prose_tokens(model, 24, 2), [110, 6, 293, 400], rises)


def test_clipping_above_the_maximum_changes_nothing():
    model, _ = references.tiny_pair("neox-serial")
    state = run_final(model, references.tokens_for())
    highest = state.activations.amax(dim=(0, 1))
    lowest = state.activations.amin(dim=(0, 1))
    every = list(range(64))
    up, down = torch.ones(64, dtype=torch.bool), torch.zeros(64, dtype=torch.bool)
    for mean, rises in ((highest + 1, up), (lowest - 1, down), (highest, up), (lowest, down)):
        after = ablate_neurons(model, state, every, mean, rises)
        assert torch.equal(after.residual, state.residual)
        assert torch.equal(after.activations, state.activations)
    cut = ablate_neurons(model, state, every, highest - 0.1, up)
    assert not torch.equal(cut.residual, state.residual)


def test_clipping_keeps_what_does_not_exceed_the_mean():
    model, _ = references.tiny_pair("llama")
    state = run_final(model, references.tokens_for())
    mean = mean_activations(state.activations, everywhere(references.tokens_for()))
    after = ablate_neurons(model, state, [5, 6], mean, torch.tensor([i == 5 for i in range(64)]))
    a, b = state.activations, after.activations
    for row in range(a.shape[0]):
        for position in range(a.shape[1]):
            assert b[row, position, 5] == min(a[row, position, 5], mean[5])
            assert b[row, position, 6] == max(a[row, position, 6], mean[6])
    others = [neuron for neuron in range(64) if neuron not in (5, 6)]
    assert torch.equal(a[..., others], b[..., others])


def test_several_neurons_add_up_in_the_residual_stream():
    model, _ = references.tiny_pair("gpt2-tied")
    state = run_final(model, references.tokens_for())
    mean = torch.zeros(64)
    together = ablate_neurons(model, state, [1, 2, 3], mean)
    step = state
    for neuron in (3, 1, 2):
        step = ablate_neurons(model, step, [neuron], mean)
    assert together.residual.allclose(step.residual, atol=1e-5)
    assert torch.equal(together.activations, step.activations)


def test_neurons_of_a_model_with_ablated_heads_can_be_ablated_too():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for()
    state = attend_to_bos(model, tokens, [(1, 0)])
    after = ablate_neurons(model, state, [9], torch.full((64,), 2.0))
    assert (after.activations[..., 9] == 2).all()
    assert not torch.equal(after.residual, state.residual)


@pytest.mark.parametrize(
    ("neurons", "mean", "rises", "match"),
    [
        ([], torch.zeros(64), None, "at least one neuron"),
        ([64], torch.zeros(64), None, "between 0 and 63"),
        ([-1], torch.zeros(64), None, "between 0 and 63"),
        ([4, 4], torch.zeros(64), None, "more than once"),
        ([4], torch.zeros(1), None, "mean of all 64 neurons"),
        ([4], torch.zeros(64), torch.ones(1, dtype=torch.bool), "rises of all 64 neurons"),
    ],
)
def test_bad_input_is_refused(neurons, mean, rises, match):
    model, _ = references.tiny_pair("neox-serial")
    state = run_final(model, references.tokens_for())
    with pytest.raises(ValueError, match=match):
        ablate_neurons(model, state, neurons, mean, rises)


@pytest.mark.parametrize("neurons", [torch.tensor([True, False]), 5])
def test_what_are_no_neurons_is_refused(neurons):
    model, _ = references.tiny_pair("neox-serial")
    state = run_final(model, references.tokens_for())
    with pytest.raises(TypeError, match="neurons"):
        ablate_neurons(model, state, neurons, torch.zeros(64))


def test_a_model_that_scales_its_mlps_output_is_refused():
    model, _ = references.tiny_pair("granite-residual")
    state = run_final(model, references.tokens_for())
    with pytest.raises(NotImplementedError, match=r"times 0\.22, its residual_multiplier"):
        ablate_neurons(model, state, [0], torch.zeros(64))


def test_a_model_that_normalises_its_mlps_output_is_refused():
    model, _ = references.tiny_pair("gemma2")
    state = run_final(model, references.tokens_for())
    with pytest.raises(NotImplementedError, match="MLP's output"):
        ablate_neurons(model, state, [0], torch.zeros(64))
