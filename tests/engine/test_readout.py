"""The readout in any precision, and scale, push, stretch and pull, against the norm anew."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
from confidence_neurons.engine.readout import Ablations, Clean, Readout
from confidence_neurons.model.state import run, unembed
from engine.synthetic import (
    inputs,
    logits_by_hand,
    mlp_output,
    random,
    scale_by_hand,
    sources,
    streams_by_hand,
)


@settings(max_examples=25, deadline=None)
@given(st.booleans(), st.integers(0, 100), st.floats(1e-4, 3))
def test_the_stretch_is_that_of_the_norm_computed_anew(centres, seed, size):
    readout, (residual, target, w_out, delta) = inputs(seed=seed, centres=centres)
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


def pieces_of(ablations):
    pull = [] if ablations.pull is None else [ablations.pull.size, ablations.pull.along]
    rows = [ablations.residual, ablations.scale, ablations.target]
    return [*rows, ablations.w_out, ablations.push, ablations.stretch, *pull]


@pytest.mark.parametrize("after_mlp", [False, True])
def test_some_tokens_and_neurons_are_the_rows_and_columns_of_the_whole(after_mlp):
    readout, parts = inputs()
    mlp = mlp_output() if after_mlp else None
    whole = Ablations.build(readout, *parts, mlp)
    some = whole.tokens(slice(2, 5)).neurons([4, 0])
    rows, columns = slice(2, 5), [4, 0]
    expected = [
        *(whole.residual[rows], whole.scale[rows], whole.target[rows], whole.w_out[columns]),
        *(whole.push[rows][:, columns], whole.stretch[rows][:, columns]),
    ]
    if whole.pull is not None:
        expected += [whole.pull.size[rows][:, columns], whole.pull.along[rows]]
    for found, values in zip(pieces_of(some), expected, strict=True):
        assert found.equal(values)

    clean = Clean.build(readout, whole)
    few = clean.tokens(torch.tensor([6, 1]))
    for name in ("centred", "probability", "entropy", "largest"):
        assert getattr(few, name).equal(getattr(clean, name)[[6, 1]]), name


@pytest.mark.parametrize("after_mlp", [False, True])
@pytest.mark.parametrize("chosen", [[4, 0], slice(1, 3)])
def test_sources_give_the_ablations_of_some_of_what_they_hold(after_mlp, chosen):
    readout, parts = inputs()
    mlp = mlp_output() if after_mlp else None
    given, whole = sources(parts, mlp), Ablations.build(readout, *parts, mlp)
    tokens = torch.tensor([1, 2, 5])
    some = given.ablations(readout, tokens, chosen)
    for found, values in zip(
        pieces_of(some), pieces_of(whole.tokens(tokens).neurons(chosen)), strict=True
    ):
        assert found.allclose(values, rtol=1e-5, atol=1e-7)
    again = given.neurons([4, 0]).ablations(readout, slice(None), [1])
    assert again.push.allclose(whole.push[:, [0]])
    if isinstance(chosen, slice):
        assert given.heard(readout, chosen).allclose(some.w_out)
    double = given.ablations(readout.to(torch.float64), tokens, chosen)
    assert all(values.dtype in (torch.float64, torch.int64) for values in pieces_of(double))


@settings(max_examples=25, deadline=None)
@given(st.booleans(), st.integers(0, 100), st.floats(1e-3, 5))
def test_a_norm_after_the_mlp_is_a_push_a_pull_and_a_stretch(centres, seed, size):
    """The stream that they make is that of the norm computed anew, as the unembedding meets it."""
    readout, (residual, target, w_out, delta) = inputs(seed=seed, centres=centres)
    parts, mlp = (residual, target, w_out, size * delta), mlp_output(seed=seed)
    found = sources(parts, mlp).ablations(readout.to(torch.float64), slice(None), slice(None))
    assert found.pull is not None
    scale = scale_by_hand(readout, residual)
    for neuron in range(len(w_out)):
        stream = streams_by_hand(parts, neuron, mlp)
        moved = readout.norm.centre(stream - residual.double()) * readout.gain.double() / scale
        push, pull = found.push[:, [neuron]], found.pull.size[:, [neuron]]
        made = push * found.w_out[neuron] + pull * found.pull.along
        assert made.allclose(moved, rtol=1e-6, atol=1e-9)
        stretch = scale / scale_by_hand(readout, stream) - 1
        assert found.stretch[:, [neuron]].allclose(stretch, rtol=1e-6, atol=1e-9)


STORED = pytest.mark.parametrize("stored", [torch.float32, torch.bfloat16, torch.float16])
WORKING = pytest.mark.parametrize("working", [torch.float32, torch.float64])


@STORED
@WORKING
@pytest.mark.parametrize("columns", [7, 2048])
def test_products_are_those_with_the_weights_as_they_are_stored(
    stored, working, columns, monkeypatch
):
    monkeypatch.setattr("confidence_neurons.engine.readout.COLUMNS_AT_ONCE", columns)
    readout, _ = inputs(d_vocab=30)
    readout = replace(readout, unembedding=readout.unembedding.to(stored)).to(working)
    assert readout.unembedding.dtype == stored
    assert readout.gain.dtype == readout.bias.dtype == readout.mean.dtype == working
    exact = readout.unembedding.double()
    centred = exact - exact.mean(dim=1, keepdim=True)
    vectors, weights = random(5, 12, seed=2).to(working), random(4, 30, seed=3).to(working)
    expected = {
        "readings": vectors.double() @ centred,
        "readings_by_entry": vectors.double() @ centred,
        "pooled": weights.double() @ centred.T,
    }
    noise = 1e-5 if working == torch.float32 else 1e-12
    for one in (readout, readout.copied()):
        whole = exact if one.copy is None else centred
        for name, values in {**expected, "unembed": vectors.double() @ whole}.items():
            found = getattr(one, name)(weights if name == "pooled" else vectors)
            assert found.dtype == working
            assert found.double().allclose(values, atol=noise), name
    assert readout.mean.double().allclose(exact.mean(dim=1), atol=noise)
    copied = readout.copied()
    assert copied.copy is not None
    assert copied.copy.dtype == working
    assert copied.to(torch.float64).copy is None  # it was rounded
    assert readout.readings(vectors).stride()[1] == 1
    assert readout.readings_by_entry(vectors).stride()[0] == 1


def test_pooled_readings_are_weighted_sums_of_readings():
    readout, _ = inputs()
    vectors, weights = random(5, 12, seed=2), random(4, 40, seed=3)
    readings = readout.readings(vectors)
    assert (readout.pooled(weights) @ vectors.T).allclose(weights @ readings.T, atol=1e-4)
    assert readings.sum(dim=1).abs().max() < 1e-4


@pytest.mark.parametrize("centres", [False, True])
def test_the_clean_output_is_that_of_logits_by_hand(centres):
    readout, parts = inputs(centres=centres)
    ablations = Ablations.build(readout, *parts)
    clean, logits = Clean.build(readout, ablations), logits_by_hand(readout, parts[0])
    log_p = logits.log_softmax(dim=-1)
    assert clean.probability.double().allclose(log_p.exp(), atol=1e-6)
    assert clean.largest.double().allclose(logits.abs().amax(dim=-1), rtol=1e-5)
    scaled = logits - readout.bias.double()
    scaled = scaled - (log_p.exp() * scaled).sum(dim=-1, keepdim=True)
    assert clean.scaled(readout).double().allclose(scaled, atol=1e-5)
    plain = replace(readout, bias=torch.zeros(40))
    without = Clean.build(plain, ablations)
    assert without.scaled(plain) is without.centred


def test_nothing_of_the_unembedding_is_copied():
    for architecture in ("gpt2-tied", "llama"):
        model, _ = references.tiny_pair(architecture)
        readout = Readout.from_model(model).to(torch.float64)
        assert readout.unembedding.data_ptr() == model.W_U.data_ptr()


def test_soft_capped_logits_have_no_readout():
    with pytest.raises(NotImplementedError, match="soft-capped"):
        Readout.from_model(references.tiny_pair("gemma2")[0])
