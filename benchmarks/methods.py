"""The three ways side by side, and the arithmetic that second order needs."""

from collections.abc import Callable

import pandas as pd

from confidence_neurons.engine.effects import exact_effects, second_order_effects
from confidence_neurons.engine.memory import DEFAULT_BUDGET, Plan
from shapes import Problem
from straightforward import straightforward_effects


def plan_for(problem: Problem) -> Plan:
    """How the engine walks through a problem within its default memory budget."""
    return Plan.within(DEFAULT_BUDGET, problem.shape.d_vocab, len(problem.sources.w_out))


def exact(problem: Problem) -> pd.DataFrame:
    """Total, direct and indirect effects, KL and argmax, exactly."""
    return exact_effects(problem.readout, problem.sources, plan_for(problem))


def second_order(problem: Problem) -> pd.DataFrame:
    """The same estimated; strong ablations exactly, and a sample of the others for the check."""
    return second_order_effects(problem.readout, problem.sources, plan_for(problem))


METHODS: dict[str, Callable[[Problem], pd.DataFrame]] = {
    "straightforward": straightforward_effects,
    "exact": exact,
    "second-order": second_order,
}


def second_order_operations(problem: Problem) -> float:
    """Floating-point operations of the matrix products that second order cannot do without.

    Multiplications and additions, two for each pair of numbers in a product:

    - readings of the neurons, [neuron, d_model] with [d_model, d_vocab], once;
    - clean logits, [token, d_model] with [d_model, d_vocab], once;
    - weighted means through the unembedding, [token, d_vocab] with
      [d_vocab, d_model], and then each with the output weights, [token, d_model]
      with [d_model, neuron]: E[q] and E[l q], and E[g q] too where the logits
      have a bias, so that g is not l;
    - weighted means of the squared readings, [token, d_vocab] with
      [d_vocab, neuron]: E[q q] and E[l q q];
    - the overlap of residual stream and output weights, which gives the stretch.

    Left out, so that the share of the peak is not flattered: the head, whose
    readings are looked up and whose sums are no larger than a token's own;
    whatever works element by element (softmax, squares, indirect effects);
    exact values of strong ablations and for the check; and what is done again
    for each panel of neurons. Their time counts all the same.
    """
    d_model, d_vocab = problem.shape.d_model, problem.shape.d_vocab
    tokens, neurons = problem.sources.delta.shape
    linear = 3 if bool(problem.readout.bias.any()) else 2
    readings = d_model * d_vocab * neurons
    clean = d_model * d_vocab * tokens
    means = linear * (d_vocab * d_model * tokens + d_model * tokens * neurons)
    squares = 2 * d_vocab * tokens * neurons
    overlap = d_model * tokens * neurons
    return 2.0 * (readings + clean + means + squares + overlap)
