"""Neurons whose effect is known beforehand, written into tiny models."""

import math

import pytest
import torch

import references
import references_ablation
from confidence_neurons.engine.scan import scan
from confidence_neurons.model.state import run
from confidence_neurons.weights.unigram import Unigram

TOKENS = references.tokens_for()


@pytest.mark.parametrize("method", ["exact", "second-order"])
def test_a_neuron_in_the_null_space_acts_through_the_scale_alone(method):
    network, direction = references.network_with_null_direction()
    references.write_w_out(network, 9, 6 * direction)
    references.write_w_out(network, 10, torch.zeros(len(direction)))
    references.write_w_out(network, 11, torch.full((len(direction),), 6.0))
    model = references.load_network(network)
    table = scan(model, TOKENS, neurons=[8, 9, 10, 11], method=method, k=2)
    table = table.set_index("neuron")

    planted = table.loc[9]
    assert planted["entropy_direct"] < 1e-6
    assert planted["loss_direct"] < 1e-6
    assert planted["entropy_total"] > 1e-3
    assert planted["entropy_ln_mediated"] == pytest.approx(1, abs=1e-3)
    assert planted["entropy_indirect"] == pytest.approx(planted["entropy_total"], rel=1e-2)
    assert planted["null_fraction"] == pytest.approx(1, abs=1e-5)
    for silent in (10, 11):  # writes nothing; writes the all-ones direction, which is centred away
        assert table.loc[silent, "entropy_total"] < 1e-6
    if method == "exact":
        assert math.isnan(table.loc[10, "entropy_ln_mediated"])
    assert table.loc[8, "entropy_direct"] > 1e-5


def test_a_neuron_that_leaves_the_streams_norm_alone_acts_directly_only():
    # Ablation changes the squared norm by (m - a)(2 x.w + (a + m) |w|^2), with x the stream
    # without the neuron: w is chosen such that the second factor is 0 at every token.
    neuron = 9
    network = references.tiny_network("neox-serial")
    references.write_w_out(network, neuron, torch.zeros(network.config.hidden_size))
    state = run(references.load_network(network), TOKENS)
    stream = state.residual[:, 1:-1].flatten(0, 1).double()
    stream = stream - stream.mean(dim=1, keepdim=True)
    activation = state.activations[:, 1:-1, neuron].flatten().double()
    wanted = -(activation + activation.mean()) / 2
    ones = torch.ones(1, stream.shape[1], dtype=torch.float64)
    rows, right = torch.cat([stream, ones]), torch.cat([wanted, wanted.new_zeros(1)])
    along = torch.linalg.pinv(rows) @ right
    free = torch.linalg.svd(rows)[2][-1]  # orthogonal to every token's stream, and to all-ones
    squared = min(1.0, 0.5 / float(along @ along))
    w_out = squared * along + math.sqrt(squared - squared**2 * float(along @ along)) * free
    references.write_w_out(network, neuron, w_out.float())

    row = scan(references.load_network(network), TOKENS, neurons=[neuron]).loc[0]
    assert row["entropy_indirect"] < 1e-6
    assert row["loss_indirect"] < 1e-6
    assert row["entropy_total"] > 1e-4
    assert row["entropy_ln_mediated"] == pytest.approx(0, abs=2e-3)
    assert row["loss_ln_mediated"] == pytest.approx(0, abs=2e-3)


def test_a_frequency_neuron_is_found_and_a_null_neuron_is_not():
    network, null = references.network_with_null_direction()
    counts = references_ablation.counts_for()
    generator = torch.Generator().manual_seed(3)
    reading = torch.randn(len(null), generator=generator)
    reading -= reading.mean() + (reading @ null) * null
    reading /= reading.norm()
    with torch.no_grad():
        unembedding = network.get_output_embeddings().weight
        unembedding -= torch.outer(unembedding @ reading, reading)
        unembedding += torch.outer(Unigram.from_counts(counts).direction, reading)
    references.write_w_out(network, 9, 0.5 * reading)
    references.write_w_out(network, 10, -0.5 * reading)
    references.write_w_out(network, 11, 3 * null)
    model = references.load_network(network)
    frame = scan(model, TOKENS, frequency=True, counts=counts, k=2)

    found = frame.loc[frame["frequency_cosine"].abs() > 0.75, "neuron"].tolist()
    assert found == [9, 10]
    assert frame.loc[[9, 10], "frequency_cosine"].tolist() == pytest.approx([1, -1], abs=1e-5)
    assert (frame.loc[[9, 10], "frequency_mediated"] > 0.9).all()
    assert (frame.loc[[9, 10], "kl_total"] > 1e-3).all()
    assert frame.loc[11, "frequency_cosine"] == 0
    assert frame.loc[11, "frequency_mediated"] < 0.7
    assert frame.loc[11, "null_fraction"] == pytest.approx(1, abs=1e-5)
