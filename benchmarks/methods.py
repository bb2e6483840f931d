"""The three ways side by side, and the arithmetic that second order needs."""

from collections.abc import Callable

import pandas as pd

from confidence_neurons.engine.effects import exact_effects, second_order_effects
from confidence_neurons.engine.memory import DEFAULT_BUDGET, Plan
from shapes import Problem, Shape
from straightforward import straightforward_effects

RIVALS_AND_TARGET = 9


def plan_for(problem: Problem) -> Plan:
    """How the engine walks through a problem within its default memory budget."""
    return Plan.within(DEFAULT_BUDGET, len(problem.readout.bias), len(problem.w_out))


def exact(problem: Problem) -> pd.DataFrame:
    """Total, direct and indirect effects, KL and argmax, exactly."""
    return exact_effects(problem.readout, problem.ablations(), plan_for(problem))


def second_order(problem: Problem) -> pd.DataFrame:
    """The same estimated; strong ablations exactly, and the check on a sample of tokens."""
    return second_order_effects(problem.readout, problem.ablations(), plan_for(problem))


METHODS: dict[str, Callable[[Problem], pd.DataFrame]] = {
    "straightforward": straightforward_effects,
    "exact": exact,
    "second-order": second_order,
}


def second_order_operations(shape: Shape, tokens: int, neurons: int) -> float:
    """Floating-point operations of the matrix products that second order cannot do without.

    Multiplications and additions, two for each pair of numbers in a product:

    - readings of the neurons, [neuron, d_model] with [d_model, d_vocab], once;
    - clean logits, [token, d_model] with [d_model, d_vocab];
    - four weighted means of the readings, each through the unembedding:
      [token, d_vocab] with [d_vocab, d_model], then with [d_model, neuron];
    - two weighted means of the squared readings, [token, d_vocab] with
      [d_vocab, neuron];
    - readings of the target and of the eight most probable tokens at each
      token; and the overlap of residual stream and output weights.

    Left out, so that the share of the peak is not flattered: whatever works
    element by element (softmax, moments, indirect effects), exact values of
    strong ablations and for the check, and what is done again for each panel of
    neurons. Their time counts all the same.
    """
    d_model, d_vocab = shape.d_model, shape.d_vocab
    readings = 2 * d_model * d_vocab * neurons
    through_unembedding = 5 * 2 * d_model * d_vocab * tokens
    quadratic = 2 * 2 * d_vocab * tokens * neurons
    small = (4 + RIVALS_AND_TARGET + 1) * 2 * d_model * tokens * neurons
    return float(readings + through_unembedding + quadratic + small)
