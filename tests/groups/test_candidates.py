"""Candidates by norm and LogitVar, against the definition itself, pair by pair."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import confidence_neurons as cn
import references
from confidence_neurons.groups.candidates import norm_then_logit_var, pareto_front

FEW = st.sampled_from([0.0, 0.5, 1.0, 2.0])  # so that there are ties
PAIRS = st.lists(st.tuples(FEW, FEW), min_size=1, max_size=12)


def weighed_from(pairs):
    norms, variances = zip(*pairs, strict=True)
    neurons = range(len(pairs))
    return pd.DataFrame({"neuron": neurons, "weight_norm": norms, "logit_var": variances})


def beats(one, other):
    return one[0] >= other[0] and one[1] <= other[1] and one != other


def peeled(pairs, fronts):
    """Front by front, each pair against each other one."""
    left = {neuron: pair for neuron, pair in enumerate(pairs) if pair[0] > 0}
    found = {}
    for number in range(1, fronts + 1):
        unbeaten = [n for n, pair in left.items() if not any(beats(p, pair) for p in left.values())]
        found |= dict.fromkeys(unbeaten, number)
        left = {neuron: pair for neuron, pair in left.items() if neuron not in unbeaten}
    return found


@given(PAIRS, st.integers(1, 4))
def test_fronts_are_what_the_definition_peels_off(pairs, fronts):
    found = pareto_front(weighed_from(pairs), fronts=fronts)
    assert dict(zip(found["neuron"], found["front"], strict=True)) == peeled(pairs, fronts)


@given(PAIRS, st.permutations(range(12)))
def test_the_order_of_the_rows_does_not_matter(pairs, order):
    weighed = weighed_from(pairs)
    shuffled = weighed.iloc[[row for row in order if row < len(pairs)]]
    one, other = pareto_front(weighed, fronts=9), pareto_front(shuffled, fronts=9)
    assert one.set_index("neuron")["front"].to_dict() == (
        other.set_index("neuron")["front"].to_dict()
    )


@given(PAIRS)
def test_no_neuron_is_lost_and_units_do_not_matter(pairs):
    weighed = weighed_from(pairs)
    every = pareto_front(weighed, fronts=len(pairs))
    assert set(every["neuron"]) == set(weighed.loc[weighed["weight_norm"] > 0, "neuron"])
    scaled = weighed.assign(weight_norm=7 * weighed["weight_norm"])
    assert list(pareto_front(scaled, fronts=len(pairs))["front"]) == list(every["front"])


def test_many_neurons_as_the_definition():
    random = np.random.default_rng(0)
    pairs = [tuple(pair) for pair in random.lognormal(size=(300, 2))]
    found = pareto_front(weighed_from(pairs), fronts=6)
    assert dict(zip(found["neuron"], found["front"], strict=True)) == peeled(pairs, 6)


def test_a_front_goes_from_the_highest_norm_to_the_lowest_logit_var():
    weighed = weighed_from([(1, 0.1), (3, 0.3), (2, 0.2), (2, 0.4), (1, 0.9), (0, 0)])
    found = pareto_front(weighed.assign(note="kept"), fronts=3)
    assert list(found["neuron"]) == [1, 2, 0, 3, 4]
    assert list(found["front"]) == [1, 1, 1, 2, 3]
    assert set(found["note"]) == {"kept"}
    assert "front" not in weighed


def test_first_the_norm_then_logit_var():
    weighed = weighed_from([(4, 0.4), (3, 0.3), (2, 0.1), (1, 0.0), (0, 0)])
    assert list(norm_then_logit_var(weighed, norm_share=0.5)["neuron"]) == [1, 0]
    assert list(norm_then_logit_var(weighed, norm_share=1, count=2)["neuron"]) == [3, 2]
    assert list(norm_then_logit_var(weighed, norm_share=0)["neuron"]) == [0]


def test_a_planted_entropy_neuron_is_a_candidate_of_both():
    network, direction = references.network_with_null_direction()
    references.write_w_out(network, 9, 6 * direction)
    weighed = cn.neuron_weights(references.load_network(network), k=2)
    assert list(pareto_front(weighed)["neuron"]) == [9]
    assert norm_then_logit_var(weighed)["neuron"].iloc[0] == 9


@pytest.mark.parametrize("name", ["weight_norm", "logit_var"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "high"])
def test_what_is_no_measure_is_refused(name, value):
    weighed = weighed_from([(1.0, 0.1), (3.0, 0.3)]).astype({name: object})
    weighed.loc[0, name] = value
    with pytest.raises(ValueError, match=name):
        pareto_front(weighed.infer_objects())
