"""Scale, push and stretch of an ablation, against the norm computed anew."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
from confidence_neurons.engine.readout import Ablations, Clean, Readout
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import run, unembed
from engine.synthetic import inputs, random


@settings(max_examples=25, deadline=None)
@given(st.booleans(), st.integers(0, 100), st.floats(1e-4, 3))
def test_the_stretch_is_that_of_the_norm_computed_anew(centres, seed, size):
    readout, (residual, target, w_out, delta) = inputs(seed=seed)
    readout = Readout(readout.unembedding, readout.bias, FinalNorm(centres, 1e-5))
    found = Ablations.build(readout, residual, target, w_out, size * delta)
    for token in range(len(residual)):
        scale = readout.norm.scale(residual[token].double())
        for neuron in range(len(w_out)):
            change = size * float(delta[token, neuron])
            ablated = residual[token].double() + change * w_out[neuron].double()
            expected = float(scale / readout.norm.scale(ablated)) - 1
            assert found.stretch[token, neuron].item() == pytest.approx(
                expected, rel=1e-4, abs=3e-7
            )
            assert found.push[token, neuron].item() == pytest.approx(
                change / float(scale), rel=1e-5
            )


def test_where_the_norm_stays_the_stretch_is_zero():
    # x.w = -delta |w|^2 / 2: the ablated stream is the mirror image of the clean one.
    readout, (_, target, _, _) = inputs(tokens=4)
    w_out = random(1, 12, seed=9)
    w_out -= w_out.mean()
    delta = torch.tensor([[0.5], [-2.0], [1.0], [0.01]])
    stream = random(4, 12, seed=8)
    stream -= stream.mean(dim=1, keepdim=True)
    stream -= (stream @ w_out.T / w_out.pow(2).sum()) * w_out
    found = Ablations.build(readout, stream - delta / 2 * w_out, target, w_out, delta)
    assert found.stretch.abs().max() < 1e-6
    assert found.push.abs().min() > 1e-4


@pytest.mark.parametrize("architecture", ["gpt2-tied", "neox-serial", "llama", "phi"])
def test_the_clean_distribution_is_the_models_own(architecture):
    model, _ = references.tiny_pair(architecture)
    residual = run(model, references.tokens_for()).residual[0]
    target = references.tokens_for()[0]
    readout = Readout.from_model(model)
    nothing = torch.zeros(len(residual), 1)
    ablations = Ablations.build(readout, residual, target, torch.ones(1, 32), nothing)
    clean = Clean.build(readout, ablations)
    expected = unembed(model, residual).double().log_softmax(dim=-1)
    assert clean.probability.double().allclose(expected.exp(), atol=1e-6)
    assert (clean.centred - clean.entropy).double().allclose(expected, atol=1e-5)
    for row, found in zip(expected, clean.entropy, strict=True):
        assert found.item() == pytest.approx(references.entropy(row.tolist()), abs=1e-5)


def test_some_tokens_and_neurons_are_the_rows_and_columns_of_the_whole():
    readout, parts = inputs()
    whole = Ablations.build(readout, *parts)
    some = whole.tokens(slice(2, 5)).neurons([4, 0])
    assert some.push.equal(whole.push[2:5][:, [4, 0]])
    assert some.stretch.equal(whole.stretch[2:5][:, [4, 0]])
    assert some.w_out.equal(whole.w_out[[4, 0]])
    assert some.residual.equal(whole.residual[2:5])
    assert some.scale.equal(whole.scale[2:5])
    assert some.target.equal(whole.target[2:5])


def test_soft_capped_logits_have_no_readout():
    with pytest.raises(NotImplementedError, match="soft-capped"):
        Readout.from_model(references.tiny_pair("gemma2")[0])
