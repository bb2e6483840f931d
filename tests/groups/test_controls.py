"""Control sets: the same size, nothing in common, nearest in norm."""

import pytest

import references
from confidence_neurons.groups.controls import (
    check_heads,
    nearest_norm_neurons,
    random_heads,
    random_neurons,
)
from confidence_neurons.weights.neurons import neuron_weights


@pytest.fixture(params=["gpt2-tied", "llama"])
def model(request):
    return references.tiny_pair(request.param)[0]


@pytest.mark.parametrize("seed", range(5))
def test_random_sets_have_the_same_size_and_nothing_in_common(model, seed):
    neurons, spared = list(range(5, 25)), list(range(40, 60))
    drawn = random_neurons(model, neurons, exclude=spared, seed=seed)
    assert len(set(drawn)) == len(neurons)
    assert set(drawn) <= set(range(64)) - set(neurons) - set(spared)
    heads, spared_heads = [(1, 2), (0, 0), (1, 3)], [(0, 1)]
    drawn_heads = random_heads(model, heads, exclude=spared_heads, seed=seed)
    assert len(set(drawn_heads)) == 3
    assert not {*drawn_heads} & {*heads, *spared_heads}
    check_heads(drawn_heads, model.cfg.n_layers, model.cfg.n_heads)


def test_the_seed_decides(model):
    assert random_neurons(model, [1, 2, 3], seed=4) == random_neurons(model, [1, 2, 3], seed=4)
    assert len({tuple(random_neurons(model, [1, 2, 3], seed=seed)) for seed in range(5)}) > 1
    assert len({tuple(random_heads(model, [(0, 0)], seed=seed)) for seed in range(10)}) > 1


def test_every_other_neuron_can_be_drawn(model):
    drawn = {random_neurons(model, [0], exclude=range(4, 64), seed=seed)[0] for seed in range(40)}
    assert drawn == {1, 2, 3}


def test_a_neuron_gets_the_nearest_of_the_others(model):
    norms = neuron_weights(model).norm(dim=1).tolist()
    for neuron in (0, 17, 63):
        others = [other for other in range(64) if other != neuron]
        nearest = min(others, key=lambda other: abs(norms[other] - norms[neuron]))
        assert nearest_norm_neurons(model, [neuron]) == [nearest]
        second = nearest_norm_neurons(model, [neuron], exclude=[nearest])
        assert second != [nearest]


def test_the_strongest_chooses_first_and_nobody_takes_what_is_taken(model):
    norms = neuron_weights(model).norm(dim=1)
    weaker, stronger = norms.argsort(descending=True)[[1, 0]].tolist()
    third, fourth = norms.argsort(descending=True)[[2, 3]].tolist()
    assert nearest_norm_neurons(model, [weaker, stronger]) == [fourth, third]


@pytest.mark.parametrize(
    ("heads", "match"),
    [
        ([], "at least one head"),
        ([(2, 0)], r"layers from 0 to 1.*got \(2, 0\)"),
        ([(0, 0), (0, 4)], r"heads from 0 to 3, got \(0, 4\)"),
        ([(-1, 0)], "layers from 0 to 1"),
        ([(0, 1), (1, 0), (0, 1)], "more than once"),
    ],
)
def test_heads_that_make_no_set_are_refused(model, heads, match):
    with pytest.raises(ValueError, match=match):
        check_heads(heads, 2, 4)
    with pytest.raises(ValueError, match=match):
        random_heads(model, heads)


@pytest.mark.parametrize("draw", [random_neurons, nearest_norm_neurons])
@pytest.mark.parametrize(
    ("neurons", "match"),
    [
        ([], "at least one neuron"),
        ([64], "between 0 and 63"),
        ([3, 3], "more than once"),
        (list(range(40)), "at least 40 other neurons to draw from, 24 are left"),
    ],
)
def test_neurons_that_make_no_set_are_refused(model, draw, neurons, match):
    with pytest.raises(ValueError, match=match):
        draw(model, neurons)
