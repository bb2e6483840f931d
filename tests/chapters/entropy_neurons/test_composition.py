"""Cosines with directions, control weights and other null spaces, against plain arithmetic."""

import pytest
import torch

import confidence_neurons as cn
import references
import references_ablation
from confidence_neurons_book.entropy_neurons.composition import (
    AS_TRAINED,
    direction_cosines,
    null_dimension_sweep,
    weight_controls,
)
from tiny_models import tiny_network

K = 2
PLANTED = range(10)


@pytest.fixture(scope="module")
def model():
    """Two coordinates hardly reach the logits, and some neurons write into one of them."""
    network = tiny_network("llama")
    noise = torch.randn(32, len(PLANTED), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        network.model.norm.weight[:K] *= 1e-3
        w_out = network.model.layers[-1].mlp.down_proj.weight
        w_out[:, list(PLANTED)] = 1e-3 * noise
        w_out[0, list(PLANTED)] = 1.0
    return references.load_network(network)


@pytest.fixture(scope="module")
def scanned(model):
    return cn.scan(model, references.tokens_for(), k=K)


def test_cosines_agree_with_scalar_products(model):
    frame = direction_cosines(model, [19, 2])
    left, values, _ = torch.linalg.svd(references.effective_unembedding(model))
    assert list(dict.fromkeys(frame["neuron"])) == [19, 2]
    for row in frame.itertuples():
        w_out = model.blocks[-1].mlp.W_out[row.neuron]
        expected = abs(references.cosine(left[:, row.direction - 1], w_out))
        assert row.cosine == pytest.approx(expected, abs=1e-5)
        assert row.singular_value == pytest.approx(float(values[row.direction - 1]), rel=1e-4)


def test_squares_add_up_and_the_last_k_give_the_null_space_fraction(model, scanned):
    frame = direction_cosines(model, scanned["neuron"].tolist())
    squares = frame.assign(square=frame["cosine"] ** 2)
    assert squares.groupby("neuron")["square"].sum().to_numpy() == pytest.approx(1, abs=1e-4)
    last = squares[squares["direction"] > squares["direction"].max() - K]
    inside = last.groupby("neuron")["square"].sum().to_numpy() ** 0.5
    assert inside == pytest.approx(scanned["null_fraction"].to_numpy(), abs=1e-4)


def test_weights_as_trained_are_the_models_own(model, scanned):
    frame = weight_controls(model, scanned, K)
    own = frame[frame["weights"] == AS_TRAINED]
    for name in ("neuron", "null_fraction", "logit_var"):
        assert own[name].to_numpy() == pytest.approx(scanned[name].to_numpy())


def test_planted_neurons_are_suspects_until_they_are_shuffled(model, scanned):
    frame = weight_controls(model, scanned, K)
    found = frame[frame["neuron"].isin(PLANTED)].groupby("weights")
    suspects, inside = found["suspect"].sum(), found["in_null_space"].sum()
    assert suspects[AS_TRAINED] == inside[AS_TRAINED] == len(PLANTED)
    assert suspects["shuffled unembedding"] == len(PLANTED)  # short rows stay short
    assert suspects["Gaussian unembedding"] == inside["Gaussian unembedding"] == 0
    assert suspects["shuffled neurons"] <= 3


def test_shuffled_neurons_keep_their_norm_and_lose_their_direction(model, scanned):
    frame = weight_controls(model, scanned, K)
    by_weights = frame[frame["neuron"].isin(PLANTED)].groupby("weights")["null_fraction"]
    assert by_weights.median()["shuffled neurons"] < 0.1


def test_seeded(model, scanned):
    one, same, other = (weight_controls(model, scanned, K, seed) for seed in (0, 0, 1))
    assert one.equals(same)
    assert not one.equals(other)


def test_a_sweep_is_a_scan_at_each_size(model, scanned):
    sizes = [1, K, 9]
    sweep = null_dimension_sweep(model, scanned, sizes)
    assert list(dict.fromkeys(sweep["k"])) == sizes
    for k, part in sweep.groupby("k"):
        expected = cn.scan(model, references.tokens_for(), k=k)
        met = cn.group_criteria(expected)
        assert part["random"].unique() == pytest.approx([(k / 32) ** 0.5])
        assert list(part["entropy"]) == list(met["entropy"])
        assert list(part["in_null_space"]) == list(met["in_null_space"])
        for row in part.iloc[::16].itertuples():
            slow = references_ablation.properties(model, row.neuron, k, None)
            assert row.null_fraction == pytest.approx(slow["null_fraction"], abs=1e-4)
