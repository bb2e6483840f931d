"""Charts of the spectrum with cosines, and of the null space's size."""

import itertools

import pandas as pd
import pytest

from charts.reading import datasets, options, rows_of
from confidence_neurons.groups.finding import NULL_FRACTION
from confidence_neurons_book.entropy_neurons.composition_charts import (
    ALL_THREE,
    OVER,
    cosine_chart,
    null_dimension_chart,
)

COSINES = pd.DataFrame(
    [
        {"neuron": neuron, "direction": direction, "singular_value": value, "cosine": 0.5}
        for neuron in (7, 3)
        for direction, value in enumerate([8.0, 4.0, 1e-9], start=1)
    ]
)
LABELS = {7: "7 (entropy neuron)", 3: "3 (random)"}
SWEEP = pd.DataFrame(
    [
        {
            "k": k,
            "neuron": neuron,
            "null_fraction": 0.1 * k + 0.2 * neuron,
            "random": 0.1 * k,
            "entropy": neuron == 3,
        }
        for k, neuron in itertools.product([2, 3, 4], range(4))
    ]
)
CHARTS = {
    "cosines": lambda: cosine_chart(COSINES, LABELS),
    "dimensions": lambda: null_dimension_chart(SWEEP, 3),
}


def test_each_neuron_can_be_chosen_and_keeps_its_cosines():
    chart = CHARTS["cosines"]()
    assert options(chart, "Neuron") == list(LABELS.values())
    rows = rows_of(chart, "cosine")
    assert rows.groupby("label", sort=False)["cosine"].apply(list).to_dict() == {
        name: [0.5] * 3 for name in LABELS.values()
    }


def test_an_exact_zero_stands_on_the_axis():
    values = rows_of(CHARTS["cosines"](), "singular_value")
    assert values["singular_value"].tolist() == [8.0, 4.0, 0.05]


def test_counts_over_the_threshold_are_those_of_the_sweep():
    rows = rows_of(CHARTS["dimensions"](), "line")
    over = rows[rows["line"] == OVER].set_index("k")["value"]
    both = rows[rows["line"] == ALL_THREE].set_index("k")["value"]
    for k, part in SWEEP.groupby("k"):
        assert over[k] == (part["null_fraction"] > NULL_FRACTION).sum()
        assert both[k] == part["entropy"].sum()


def test_fractions_are_those_of_the_neurons_found_at_the_chosen_k():
    rows = rows_of(CHARTS["dimensions"](), "line")
    entropy = rows[rows["line"] == "entropy"]
    assert set(entropy["neuron"]) == {3}
    assert entropy["value"].tolist() == pytest.approx([0.8, 0.9, 1.0])
    assert {"k by the gap"} == {
        rule for each in datasets(CHARTS["dimensions"]()) if "rule" in each for rule in each["rule"]
    }
