"""The table of what a neuron's weights say, against loops over tokens and neurons."""

import pytest
import torch

import references
import references_ablation
from confidence_neurons import unigram_counts
from confidence_neurons.weights.properties import neuron_properties
from confidence_neurons.weights.unembedding import (
    choose_null_dimension,
    effective_unembedding,
    spectrum,
)
from tiny_models import ARCHITECTURES

COLUMNS = ["neuron", "weight_norm", "logit_var", "null_fraction", "frequency_cosine"]


@pytest.mark.parametrize("layer", [None, 0])
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_properties_agree_with_loops(architecture, layer):
    model, _ = references.tiny_pair(architecture)
    counts = references_ablation.counts_for()
    frame = neuron_properties(model, counts, neurons=[63, 5], layer=layer, k=3)
    assert frame.columns.tolist() == COLUMNS
    assert frame["neuron"].tolist() == [63, 5]
    for row in frame.to_dict("records"):
        expected = references_ablation.properties(model, row["neuron"], 3, counts, layer)
        references_ablation.assert_agrees(row, expected, noise=1e-6)


def test_properties_on_prose_agree_with_loops():
    model, counts = references.bundled("prose"), unigram_counts("prose")
    frame = neuron_properties(model, counts).set_index("neuron")
    assert frame.index.tolist() == list(range(model.cfg.d_mlp))
    k = choose_null_dimension(spectrum(effective_unembedding(model)).values)
    for neuron in (int(frame["null_fraction"].idxmax()), int(frame["frequency_cosine"].idxmin())):
        expected = references_ablation.properties(model, neuron, k, counts)
        references_ablation.assert_agrees(frame.loc[neuron].to_dict(), expected, noise=1e-6)


def test_k_is_the_size_of_the_null_space():
    model, _ = references.tiny_pair("neox-serial")
    few, more = (neuron_properties(model, k=k)["null_fraction"] for k in (2, 9))
    assert (few < more).all()
    everything = neuron_properties(model, k=model.cfg.d_model)["null_fraction"]
    assert everything.tolist() == pytest.approx([1] * model.cfg.d_mlp, abs=1e-5)


def test_without_counts_there_is_no_cosine():
    model, _ = references.tiny_pair("neox-serial")
    frame = neuron_properties(model)
    assert frame["frequency_cosine"].isna().all()
    assert frame.drop(columns="frequency_cosine").notna().all().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"neurons": [64]}, "between 0 and 63"),
        ({"layer": 2}, "a layer from 0 to 1"),
        ({"k": 0}, "k between 1 and d_model = 32, got 0"),
        ({"k": 33}, "got 33"),
        ({"counts": torch.arange(299)}, "counts for 300 tokens, got 299"),
    ],
)
def test_what_is_not_there_is_refused(arguments, message):
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match=message):
        neuron_properties(model, **arguments)
