"""Cosines with directions and control weights, against plain arithmetic."""

import pytest
import torch

from confidence_neurons.model.loading import load_model
from confidence_neurons.weights.neurons import neuron_weights
from confidence_neurons.weights.unembedding import (
    effective_unembedding,
    logit_var,
    null_fraction,
    spectrum,
)
from confidence_neurons_book.entropy_neurons.composition import (
    AS_TRAINED,
    direction_cosines,
    weight_controls,
)
from tiny_models import save_tiny_model

K = 5


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    directory = tmp_path_factory.mktemp("neox")
    save_tiny_model(directory, "neox-serial")
    return load_model(directory, device="cpu")


def test_cosines_agree_with_scalar_products(model):
    frame = direction_cosines(model, [9, 2])
    decomposition = spectrum(effective_unembedding(model))
    assert list(dict.fromkeys(frame["neuron"])) == [9, 2]
    for row in frame.itertuples():
        u = decomposition.directions[:, row.direction - 1]
        w = neuron_weights(model)[row.neuron]
        assert row.cosine == pytest.approx(abs((u @ w / w.norm()).item()), abs=1e-5)
        assert row.singular_value == decomposition.values[row.direction - 1].item()


def test_squares_add_up_and_the_last_k_give_the_null_space_fraction(model):
    frame = direction_cosines(model)
    squares = frame.assign(square=frame["cosine"] ** 2)
    assert squares.groupby("neuron")["square"].sum().to_numpy() == pytest.approx(1, abs=1e-4)
    last = squares[squares["direction"] > squares["direction"].max() - K]
    inside = last.groupby("neuron")["square"].sum().to_numpy() ** 0.5
    null_space = spectrum(effective_unembedding(model)).null_space(K)
    assert inside == pytest.approx(
        null_fraction(neuron_weights(model), null_space).numpy(), abs=1e-4
    )


def test_weights_as_trained_are_the_models_own(model):
    frame = weight_controls(model, K)
    own = frame[frame["weights"] == AS_TRAINED]
    unembedding, w_out = effective_unembedding(model), neuron_weights(model)
    null_space = spectrum(unembedding).null_space(K)
    assert own["null_fraction"].to_numpy() == pytest.approx(
        null_fraction(w_out, null_space).numpy()
    )
    assert own["logit_var"].to_numpy() == pytest.approx(logit_var(w_out, unembedding).numpy())


def test_a_suspect_has_both_marks(model):
    frame = weight_controls(model, K)
    for _, part in frame.groupby("weights"):
        expected = (part["null_fraction"] > 0.6) & (
            part["logit_var"] < 0.4 * part["logit_var"].median()
        )
        assert list(part["suspect"]) == list(expected)


def test_planted_neurons_are_suspects_until_they_are_shuffled(model, monkeypatch):
    unembedding = effective_unembedding(model)
    w_out = neuron_weights(model).clone()
    short = unembedding.clone()
    short[:2] *= 1e-3
    w_out[:10] = 1e-3 * torch.randn(10, w_out.shape[1], generator=torch.Generator().manual_seed(0))
    w_out[:10, 0] = 1.0
    monkeypatch.setattr("confidence_neurons_book.entropy_neurons.composition.neuron_weights", lambda _: w_out)
    monkeypatch.setattr("confidence_neurons_book.entropy_neurons.composition.effective_unembedding", lambda _: short)
    frame = weight_controls(model, 2)
    planted = frame[frame["neuron"] < 10].groupby("weights")["suspect"].sum()
    assert planted[AS_TRAINED] == 10
    assert planted["shuffled unembedding"] == 10  # short rows stay short
    assert planted["Gaussian unembedding"] == 0
    assert planted["shuffled neurons"] <= 3


def test_seeded(model):
    one, same, other = (weight_controls(model, K, seed) for seed in (0, 0, 1))
    assert one.equals(same)
    assert not one.equals(other)


def test_bad_input_is_refused(model):
    with pytest.raises(ValueError, match="neurons"):
        direction_cosines(model, [64])
    with pytest.raises(ValueError, match="expected k"):
        weight_controls(model, 0)
