"""The geometry of a model, and the table of its neurons' weights, against loops."""

import pytest
import torch

import references
import references_ablation
from confidence_neurons import unigram_counts
from confidence_neurons.growing.recipe import PROSE
from confidence_neurons.weights.geometry import geometry, neuron_weights, writes
from tiny_models import ARCHITECTURES, D_MLP

COLUMNS = ["neuron", "weight_norm", "logit_var", "null_fraction", "frequency_cosine"]


@pytest.mark.parametrize("layer", [None, 0])
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_properties_agree_with_loops(architecture, layer):
    model, _ = references.tiny_pair(architecture)
    counts = references_ablation.counts_for()
    frame = neuron_weights(model, counts=counts, neurons=[63, 5], layer=layer, k=3)
    assert frame.columns.tolist() == COLUMNS
    assert frame["neuron"].tolist() == [63, 5]
    for row in frame.to_dict("records"):
        expected = references_ablation.properties(model, row["neuron"], 3, counts, layer)
        references_ablation.assert_agrees(row, expected, noise=1e-6)


def test_properties_on_prose_agree_with_loops():
    model, counts = references.bundled("prose"), unigram_counts("prose")
    frame = neuron_weights(model, counts=counts).set_index("neuron")
    assert frame.index.tolist() == list(range(PROSE.d_mlp))
    k = geometry(model).k
    for neuron in (int(frame["null_fraction"].idxmax()), int(frame["frequency_cosine"].idxmin())):
        expected = references_ablation.properties(model, neuron, k, counts)
        references_ablation.assert_agrees(frame.loc[neuron].to_dict(), expected, noise=1e-6)


def test_k_is_the_size_of_the_null_space():
    model, _ = references.tiny_pair("neox-serial")
    few, more = (neuron_weights(model, k=k)["null_fraction"] for k in (2, 9))
    assert (few < more).all()
    everything = neuron_weights(model, k=model.cfg.d_model)["null_fraction"]
    assert everything.tolist() == pytest.approx([1] * D_MLP, abs=1e-5)


def test_without_counts_there_is_no_cosine():
    model, _ = references.tiny_pair("neox-serial")
    frame = neuron_weights(model)
    assert frame["frequency_cosine"].isna().all()
    assert frame.drop(columns="frequency_cosine").notna().all().all()


def test_a_geometry_holds_what_its_parts_say():
    model, _ = references.tiny_pair("gpt2-tied")
    counts = references_ablation.counts_for()
    space = geometry(model, k=3, counts=counts)
    assert space.unembedding.double().allclose(references.effective_unembedding(model), atol=1e-6)
    assert space.null_space.shape == (model.cfg.d_model, 3)
    assert space.null_space.equal(space.spectrum.directions[:, -3:])
    assert space.unigram is not None
    assert space.norm.centres
    assert geometry(model).unigram is None


@pytest.mark.parametrize("counts", [None, references_ablation.counts_for()])
def test_a_geometry_holds_no_copy_of_the_unembedding(counts):
    network = references.tiny_network("llama")
    space = geometry(references.light(network), counts=counts)
    stored = network.get_output_embeddings()
    assert stored is not None
    held = list(tensors_in(space))
    assert any(values.data_ptr() == stored.weight.data_ptr() for values in held)
    for values in held:
        if values.data_ptr() != stored.weight.data_ptr():
            assert values.numel() < stored.weight.numel() / 4
    assert space.unembedding.shape == stored.weight.T.shape  # made when it is asked for


def tensors_in(value):
    """All tensors that are reached from an object by its attributes."""
    if isinstance(value, torch.Tensor):
        yield value
    elif hasattr(value, "__dict__"):
        for part in vars(value).values():
            yield from tensors_in(part)


@pytest.mark.parametrize("architecture", ["gemma3", "olmo2"])
def test_what_a_neuron_writes_passes_the_gain_of_a_norm_after_the_mlp(architecture):
    network = references.tiny_network(architecture)
    model = references.light(network)
    gain = network.get_parameter("model.layers.1.post_feedforward_layernorm.weight").detach()
    down = network.get_parameter("model.layers.1.mlp.down_proj.weight").detach()
    expected = down.T * (gain + (architecture == "gemma3"))
    assert writes(model).allclose(expected)
    norms = neuron_weights(model, neurons=[5, 9], k=2)["weight_norm"]
    assert norms.tolist() == pytest.approx(expected.norm(dim=1)[[5, 9]].tolist(), rel=1e-5)
