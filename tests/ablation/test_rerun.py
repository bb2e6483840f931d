"""Ablations that need the network to run again, against the whole model with hooks."""

import pytest

import references
import references_ablation
from confidence_neurons import unigram_counts
from confidence_neurons.ablation import scan
from confidence_neurons.ablation.request import Request
from confidence_neurons.ablation.rerun import rerun_pieces
from confidence_neurons.text import prose_tokens

NEURONS = [63, 5]


def assert_agrees_with_hooks(model, tokens, neurons, layer, counts, reference=None):
    frame = scan(
        model,
        tokens,
        neurons=neurons,
        layer=layer,
        counts=counts,
        frequency=True,
        reference=reference,
    )
    assert frame["neuron"].tolist() == neurons
    source = tokens if reference is None else reference
    for found in frame.to_dict("records"):
        neuron = found["neuron"]
        mean = references_ablation.mean_activation(model, source, neuron, layer)
        assert found["mean_activation"] == pytest.approx(mean, rel=1e-5, abs=1e-6)
        changes = references_ablation.by_hooks(
            model, tokens, neuron, layer=layer, counts=counts, reference=reference
        )
        expected = references_ablation.row(changes)
        references_ablation.assert_agrees(found, expected, references_ablation.HOOK_NOISE)
    return frame


@pytest.mark.parametrize("layer", [0, None])
def test_soft_caps_and_normalised_outputs_agree_with_hooks(layer):
    model, _ = references.tiny_pair("gemma2")
    counts = references_ablation.counts_for()
    assert_agrees_with_hooks(model, references.tokens_for(), NEURONS, layer, counts)


@pytest.mark.parametrize("architecture", ["gpt2-tied", "neox-parallel", "llama", "phi"])
def test_the_first_layer_agrees_with_hooks(architecture):
    model, _ = references.tiny_pair(architecture)
    counts = references_ablation.counts_for()
    reference = references.tokens_for(rows=1, seed=3)
    assert_agrees_with_hooks(model, references.tokens_for(), NEURONS, 0, counts, reference)


def test_a_middle_layer_of_prose_agrees_with_hooks():
    model = references.bundled("prose")
    frame = assert_agrees_with_hooks(
        model, prose_tokens(model, 24, 2), [7, 300], 1, unigram_counts("prose")
    )
    last = scan(model, prose_tokens(model, 24, 2), neurons=[7, 300], frequency=True)
    assert set(frame.columns) == set(last.columns)
    assert (frame["weight_norm"] != last["weight_norm"]).all()


@pytest.mark.parametrize("architecture", ["gpt2-untied", "neox-serial", "qwen2"])
def test_on_the_last_layer_running_again_and_the_closed_form_agree(architecture, monkeypatch):
    model, _ = references.tiny_pair(architecture)
    counts = references_ablation.counts_for()
    arguments = {"neurons": NEURONS, "counts": counts, "frequency": True}
    closed = scan(model, references.tokens_for(), **arguments)
    monkeypatch.setattr(Request, "is_residual_update", False)
    again = scan(model, references.tokens_for(), **arguments)
    assert list(again.columns) == list(closed.columns)
    effects = closed.columns.drop([*references_ablation.SHARES, "method"])
    for name in effects:
        assert again[name].tolist() == pytest.approx(closed[name].tolist(), rel=2e-4, abs=2e-6), (
            name
        )


def test_rows_at_once_do_not_change_the_changes():
    model, _ = references.tiny_pair("llama")
    tokens = references.tokens_for(rows=3)
    (_, _, whole), *others = rerun_pieces(model, tokens, 0, {5: 0.1})
    assert not others
    pieces = list(rerun_pieces(model, tokens, 0, {5: 0.1}, rows_at_once=2))
    assert [rows for rows, _, _ in pieces] == [slice(0, 2), slice(2, 3)]
    for name, values in whole.items():
        joined = [value for _, _, changes in pieces for value in changes[name].flatten().tolist()]
        assert joined == pytest.approx(values.flatten().tolist(), abs=2e-6), name


def test_the_model_is_left_as_it_was():
    model, _ = references.tiny_pair("gemma2")
    tokens = references.tokens_for()
    before = model(tokens)
    scan(model, tokens, neurons=[1])
    assert model(tokens).equal(before)
