"""Plans that keep within a budget."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confidence_neurons.engine.memory import (
    BLOCK_TENSORS,
    DEFAULT_BUDGET,
    TENSORS_PER_PAIR,
    TENSORS_PER_TOKEN,
    Plan,
)
from confidence_neurons.engine.second_order import NEURONS_AT_ONCE

BLOCK = 2**22


def held(plan, d_vocab, size=4):
    """Bytes of readings and of squares of some, of tokens, and of one block."""
    row = size * d_vocab
    readings = (plan.neurons + min(plan.neurons, NEURONS_AT_ONCE)) * row
    tokens = TENSORS_PER_TOKEN * row + TENSORS_PER_PAIR * size * plan.neurons
    block = BLOCK_TENSORS * max(BLOCK, row)
    return readings + plan.tokens * tokens + block


def least(d_vocab, size=4):
    with pytest.raises(ValueError, match="memory_budget of at least") as refused:
        Plan.within(0, d_vocab, 1, number_size=size)
    (figure,) = re.findall(r"at least ([\d,]+) bytes", str(refused.value))
    return int(figure.replace(",", ""))


@settings(max_examples=100, deadline=None)
@given(
    st.integers(256, 200_000), st.integers(1, 12_000), st.floats(1, 1000), st.sampled_from([4, 8])
)
def test_a_plan_keeps_within_its_budget(d_vocab, neurons, factor, size):
    budget = least(d_vocab, size) * factor
    plan = Plan.within(budget, d_vocab, neurons, number_size=size)
    assert 1 <= plan.neurons <= neurons
    assert plan.tokens >= 1
    assert held(plan, d_vocab, size) <= budget


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 200_000))
def test_the_least_budget_is_enough_and_less_is_refused(d_vocab):
    assert Plan.within(least(d_vocab), d_vocab, 10) is not None
    with pytest.raises(ValueError, match=r"give more \(default"):
        Plan.within(least(d_vocab) - 1, d_vocab, 10)


def test_the_default_holds_all_neurons_of_the_bundled_model_at_once():
    plan = Plan.within(DEFAULT_BUDGET, 2048, 512)
    assert plan.neurons == 512
    assert plan.tokens >= 100


def test_the_index_of_a_device_does_not_matter():
    assert Plan.within(2**30, 50_000, 3000, "cuda:0") == Plan.within(2**30, 50_000, 3000, "cuda")
