"""Which neurons and layers there are, and what they write with."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
from confidence_neurons.weights.neurons import (
    chosen_neurons,
    layer_index,
    neuron_weights,
    whole_number,
)


@pytest.mark.parametrize("layer", [0, 1, None])
def test_neuron_weights_are_the_networks_own_centred(layer):
    model, network = references.tiny_pair("neox-serial")
    place = -1 if layer is None else layer
    own = network.gpt_neox.layers[place].mlp.dense_4h_to_h.weight.detach().T
    expected = own - own.mean(dim=1, keepdim=True)  # the weights that write are centred
    found = neuron_weights(model, layer)
    assert found.dtype == torch.float32
    assert found.allclose(expected, atol=1e-6)


def test_weights_of_an_rms_norm_model_are_left_as_they_are():
    model, network = references.tiny_pair("llama")
    own = network.model.layers[-1].mlp.down_proj.weight.detach().T
    assert neuron_weights(model).allclose(own, atol=1e-6)


def test_the_last_layer_stands_for_none():
    model, _ = references.tiny_pair("neox-serial")
    assert [layer_index(model, layer) for layer in (None, 0, 1)] == [1, 0, 1]


@pytest.mark.parametrize("architecture", ["mixtral", "qwen2-moe"])
def test_a_mixture_of_experts_has_no_one_w_out(architecture):
    model, _ = references.tiny_pair(architecture)
    with pytest.raises(NotImplementedError, match="MLP with one w_out in layer 1, got MoEBridge"):
        neuron_weights(model)


def test_a_layer_without_an_mlp_has_no_neurons(monkeypatch):
    model = references.load_network(references.tiny_network("llama"))
    del model.blocks[0].mlp
    with pytest.raises(NotImplementedError, match="in layer 0, got none"):
        neuron_weights(model, 0)


@pytest.mark.parametrize("layer", [-1, 2])
def test_a_layer_that_is_not_there_is_refused(layer):
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match=f"from 0 to 1, got {layer}"):
        layer_index(model, layer)
    with pytest.raises(ValueError, match=f"from 0 to 1, got {layer}"):
        neuron_weights(model, layer)


@pytest.mark.parametrize("layer", [0.5, "last", True])
def test_a_layer_that_is_no_number_is_refused(layer):
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(TypeError, match="a layer as a whole number"):
        layer_index(model, layer)


def test_none_stands_for_all_neurons():
    assert chosen_neurons(None, 4) == [0, 1, 2, 3]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 63), min_size=1, unique=True))
def test_neurons_keep_their_order_whatever_kind_of_whole_number_they_are(neurons):
    for given_as in (neurons, tuple(neurons), np.array(neurons), torch.tensor(neurons)):
        found = chosen_neurons(given_as, 64)
        assert found == neurons
        assert all(type(neuron) is int for neuron in found)


@pytest.mark.parametrize(
    ("neurons", "message"),
    [
        ([], "at least one neuron, got none"),
        ([0, 64], r"between 0 and 63, got \[64\]"),
        ([-1, 5], r"between 0 and 63, got \[-1\]"),
        ([3, 5, 3, 7, 7], r"each neuron once, got \[3, 7\]"),
    ],
)
def test_neurons_that_are_not_there_are_refused(neurons, message):
    with pytest.raises(ValueError, match=message):
        chosen_neurons(neurons, 64)


NO_NUMBERS = [1.0, "5", None, True, torch.tensor(True), torch.tensor(1.5), np.float32(2)]


@pytest.mark.parametrize("neuron", [*NO_NUMBERS, np.array([True])[0]])
def test_neurons_that_are_no_whole_numbers_are_refused(neuron):
    with pytest.raises(TypeError, match="neurons as whole numbers"):
        chosen_neurons([0, neuron], 64)


def test_a_mask_is_refused_not_read_as_neurons_0_and_1():
    for mask in (torch.tensor([True, False]), np.array([True, False]), [True, False]):
        with pytest.raises(TypeError, match="neurons as whole numbers"):
            chosen_neurons(mask, 64)


@pytest.mark.parametrize("neurons", [5, torch.tensor(5), 2.5])
def test_what_is_no_sequence_is_refused(neurons):
    with pytest.raises(TypeError, match=r"a sequence of neurons, got .* write \[neuron\]"):
        chosen_neurons(neurons, 64)


def test_a_whole_number_of_any_kind_becomes_pythons_own():
    for given_as in (7, np.int16(7), np.uint64(7), torch.tensor(7), torch.tensor([7])):
        assert whole_number(given_as, "a seed") == 7
        assert type(whole_number(given_as, "a seed")) is int
    for given_as in NO_NUMBERS:
        with pytest.raises(TypeError, match="expected a seed, got "):
            whole_number(given_as, "a seed")
