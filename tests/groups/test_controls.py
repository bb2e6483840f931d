"""Control groups: the same size, nothing in common, nearest in norm or rho."""

import pytest
import torch

import references
from confidence_neurons.groups.controls import KINDS, controls, random_heads
from confidence_neurons.model.architecture import output_weights
from confidence_neurons.weights.geometry import neuron_weights


@pytest.fixture(params=["gpt2-tied", "llama"])
def model(request):
    return references.tiny_pair(request.param)[0]


@pytest.mark.parametrize("seed", range(3))
def test_no_neuron_is_in_two_groups(model, seed):
    neurons, spared = list(range(5, 15)), list(range(55, 60))
    change = torch.linspace(-1, 1, 64)
    found = controls(model, neurons, KINDS, exclude=spared, change=change, seed=seed)
    assert list(found) == list(KINDS)
    members = [neuron for group in found.values() for neuron in group]
    assert len(set(members)) == len(members) == 4 * len(neurons)
    assert not {*members} & {*neurons, *spared}


def test_the_seed_decides_what_is_drawn(model):
    def draw(seed):
        return tuple(controls(model, [1, 2, 3], "random", seed=seed)["random"])

    assert draw(4) == draw(4)
    assert len({draw(seed) for seed in range(5)}) > 1
    assert len({tuple(random_heads(model, [(0, 0)], seed=seed)) for seed in range(10)}) > 1


def test_every_other_neuron_can_be_drawn(model):
    drawn = {
        controls(model, [0], "random", exclude=range(4, 64), seed=seed)["random"][0]
        for seed in range(40)
    }
    assert drawn == {1, 2, 3}


def test_heads_are_drawn_from_the_others(model):
    heads, spared = [(1, 2), (0, 0), (1, 3)], [(0, 1)]
    drawn = random_heads(model, heads, exclude=spared)
    assert len(set(drawn)) == 3
    assert not {*drawn} & {*heads, *spared}
    assert all(layer in range(2) and head in range(4) for layer, head in drawn)


@pytest.mark.parametrize(
    ("kind", "column"), [("equal norm", "weight_norm"), ("equal rho", "null_fraction")]
)
def test_a_neuron_gets_the_nearest_of_the_others(model, kind, column):
    values = neuron_weights(model)[column].tolist()
    for neuron in (0, 17, 63):
        others = [other for other in range(64) if other != neuron]
        nearest = min(others, key=lambda other: abs(values[other] - values[neuron]))
        assert controls(model, [neuron], kind)[kind] == [nearest]
        assert controls(model, [neuron], kind, exclude=[nearest])[kind] != [nearest]


@pytest.mark.parametrize("k", [1, 5])
def test_the_null_space_may_have_another_size(model, k):
    values = neuron_weights(model, k=k)["null_fraction"].tolist()
    nearest = min(range(1, 64), key=lambda other: abs(values[other] - values[0]))
    assert controls(model, [0], "equal rho", k=k)["equal rho"] == [nearest]


def test_the_strongest_chooses_first_and_nobody_takes_what_is_taken(model):
    order = output_weights(model).norm(dim=1).argsort(descending=True).tolist()
    stronger, weaker, third, fourth = order[:4]
    found = controls(model, [weaker, stronger], "equal norm")["equal norm"]
    assert found == [fourth, third]


def test_the_most_changed_are_taken_by_size(model):
    change = torch.zeros(64)
    change[[7, 9, 11]] = torch.tensor([-3.0, 2.0, 1.0])
    found = controls(model, [9, 30], "most changed", change=change)
    assert found["most changed"] == [7, 11]
    with pytest.raises(ValueError, match="expected change="):
        controls(model, [9], "most changed")


def test_too_few_others_are_refused(model):
    with pytest.raises(ValueError, match="at least 40 others to take from, 24 are left"):
        controls(model, list(range(40)), "random")
    with pytest.raises(ValueError, match="at least 5 others to take from, 3 are left"):
        random_heads(model, [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)])
