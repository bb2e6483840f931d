"""What is right in the exercises is what the library measures."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons.model.architecture import output_weights
from confidence_neurons_book.induction import checks


def test_the_score_that_is_asked_for_is_that_of_the_library():
    model, _ = references.tiny_pair("llama")
    tokens = cn.repeated_random(300, 5, count=2)
    _, cache = model.run_with_cache(tokens)
    scores = cn.induction.head_scores(model, tokens, 5).set_index(["layer", "head"])
    pattern = cache["blocks.1.attn.hook_pattern"][:, 2]
    expected = scores.loc[(1, 2), "induction"]
    assert float(checks.induction_score.reference(pattern, 5)) == pytest.approx(expected, abs=1e-6)


def test_what_clipping_writes_is_what_ablate_adds():
    model, _ = references.tiny_pair("llama")
    state = cn.run(model, cn.repeated_random(300, 5, count=2))
    mean, rises, chosen = torch.randn(64), torch.rand(64) > 0.5, [3, 8]
    clipped = cn.ablate(model, state, chosen, to=mean, clip=rises)
    expected = checks.clip.reference(
        state.activations[0][:, chosen], mean[chosen], rises[chosen], output_weights(model)[chosen]
    )
    assert torch.allclose((clipped.residual - state.residual)[0], expected, atol=1e-5)


def test_the_response_that_is_asked_for_is_that_of_the_chapter():
    model, _ = references.tiny_pair("llama")
    state = cn.run(model, cn.repeated_random(300, 5, count=2))
    first, second = (state.at(copy) for copy in cn.induction.copy_masks(state.tokens, 5))
    expected = second.mean_activations() - first.mean_activations()
    assert torch.allclose(checks.response.reference(state.activations, 5), expected, atol=1e-6)
