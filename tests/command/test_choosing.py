import numpy as np
import pandas as pd
import pytest

import confidence_neurons as cn
from confidence_neurons.command.choosing import CANDIDATES, KINDS, choose, nearest


@pytest.fixture
def scanned():
    """A scan in which neuron 1 is an entropy neuron, and 2 and 3 nearly so."""
    number = np.arange(40)
    frame = pd.DataFrame(
        {
            "neuron": number,
            "weight_norm": 1 + number / 100,
            "null_fraction": 0.1 + number / 1000,
            "frequency_cosine": number / 100,
            "entropy_total": np.where(number < 20, 1.0 + number / 100, 0.001),
            "entropy_ln_mediated": 0.0,
        }
    )
    columns = ["null_fraction", "entropy_ln_mediated"]
    frame.loc[1, columns] = [0.9, 0.9]
    frame.loc[2, columns] = [0.525, 0.9]
    frame.loc[3, columns] = [0.5, 0.45]
    return frame


@pytest.fixture
def none_met(scanned):
    """The same without the entropy neuron."""
    frame = scanned.copy()
    frame.loc[1, "entropy_ln_mediated"] = 0.0
    return frame


def test_neurons_that_meet_the_criteria_are_called_by_their_name(scanned):
    (choice,) = choose(scanned, frequency=False, seed=0)
    assert (choice.name, choice.met, choice.neurons) == ("entropy", True, [1])


def test_where_none_does_the_nearest_are_candidates(none_met):
    (choice,) = choose(none_met, frequency=False, seed=0)
    assert (choice.name, choice.met) == ("entropy candidates", False)
    assert choice.neurons[:2] == [2, 3]  # one misses by an eighth, the other by a sixth
    assert len(choice.neurons) == CANDIDATES


def test_candidates_are_awake(scanned, none_met):
    none_met.loc[2, "entropy_total"] = 0.0
    assert 2 not in nearest(none_met, "entropy")
    # The largest cosines belong to neurons that do nothing.
    assert max(nearest(scanned, "frequency")) < 20


def test_controls_are_others_one_for_each(scanned):
    entropy, frequency = choose(scanned, frequency=True, seed=0)
    spoken_for = {*entropy.neurons, *frequency.neurons}
    for choice in (entropy, frequency):
        assert tuple(choice.controls) == KINDS
        taken = [neuron for some in choice.controls.values() for neuron in some]
        assert len(taken) == len(set(taken)) == 3 * len(choice.neurons)
        assert not spoken_for & set(taken)


def test_controls_are_those_of_the_library():
    model = cn.load_light("prose", device="cpu")
    scanned = cn.scan(model, cn.prose_tokens(model, count=1), method="second-order")
    (choice,) = choose(scanned, frequency=False, seed=3)
    assert choice.controls == cn.controls(model, choice.neurons, KINDS, seed=3)


def test_a_layer_of_few_neurons_has_fewer_controls(none_met):
    (choice,) = choose(none_met.head(14), frequency=False, seed=0)
    assert len(choice.controls) < len(KINDS)
