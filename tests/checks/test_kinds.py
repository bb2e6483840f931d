"""The kinds of checks: what they let through, in which form, and what they say of the rest."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from confidence_neurons.checks import as_list, checked, kind_of, real, some_of, whole
from confidence_neurons.checks.models import is_neurons
from confidence_neurons.checks.texts import CHECKS


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 63), min_size=1, unique=True))
def test_neurons_keep_their_order_whatever_kind_of_whole_number_they_are(neurons):
    several = (tuple(neurons), np.array(neurons), torch.tensor(neurons), pd.Series(neurons))
    for given_as in (neurons, iter(neurons), *several):
        found = is_neurons(given_as, {})
        assert found == neurons
        assert all(type(neuron) is int for neuron in found)


@pytest.mark.parametrize("value", [7, np.int16(7), np.uint64(7), torch.tensor(7)])
def test_a_whole_number_of_any_kind_becomes_pythons_own(value):
    found = whole("a size", 0, 10)(value, {})
    assert found == 7
    assert type(found) is int


@pytest.mark.parametrize("value", [1, 1.0, np.float32(1), np.int64(1)])
def test_a_number_of_any_kind_becomes_a_float(value):
    assert type(real("a share", 0, 1)(value, {})) is float


@pytest.mark.parametrize("seed", [0, -1, -(2**63), 2**63, 2**64 - 1, np.int64(3)])
def test_a_seed_that_is_let_through_starts_a_generator(seed):
    torch.Generator().manual_seed(CHECKS["seed"](seed, {}))


def test_bounds_are_within_or_not():
    assert real("a share", 0, 1)(1, {}) == 1
    with pytest.raises(ValueError, match="between 0 and 1, got int 1"):
        real("a level", 0, 1, within=True)(1, {})


def test_one_name_stands_for_a_list_of_it():
    assert some_of("paths", ("total", "direct"))("total", {}) == ("total",)
    assert some_of("paths", ("total", "direct"))(["direct", "total"], {}) == ("direct", "total")


def test_only_where_it_may_be_is_a_collection_empty():
    assert as_list([], "neurons to exclude", empty=True) == []
    with pytest.raises(ValueError, match="at least one of neurons, got none"):
        as_list((), "neurons")


def test_what_was_got_is_said_briefly():
    assert kind_of("a word") == "str 'a word'"
    assert kind_of(list(range(10**6))) == "list of length 1,000,000"
    assert kind_of(torch.zeros(2, 3)) == "a tensor [2, 3] of torch.float32"


def test_arguments_reach_the_function_in_their_checked_form():
    @checked
    def measure(seed, neurons=None, *, progress=False):
        """Give back what was got."""
        return seed, neurons, progress

    assert measure(np.int64(3)) == (3, None, False)
    assert measure(3, torch.tensor([4, 2]), progress=True) == (3, [4, 2], True)
    with pytest.raises(TypeError, match="expected a seed as a whole number, got NoneType None"):
        measure(None)
    wrong: Any = 1
    with pytest.raises(TypeError, match="expected progress as True or False, got int 1"):
        measure(3, progress=wrong)
