"""Charts of the spectrum with cosines, and of the null space's size."""

import itertools

import pandas as pd
import pytest

from confidence_neurons_book.entropy_neurons.composition_charts import (
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
            "entropy_neuron": neuron == 3,
        }
        for k, neuron in itertools.product([2, 3, 4], range(4))
    ]
)


@pytest.mark.parametrize("chart", [cosine_chart(COSINES, LABELS), null_dimension_chart(SWEEP, 3)])
def test_charts_are_valid_described_and_narrow(chart):
    spec = chart.to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert all(panel["width"] <= 300 for panel in spec["vconcat"])
    assert '"tooltip"' in chart.to_json()


def test_each_neuron_can_be_chosen_and_keeps_its_cosines():
    spec = cosine_chart(COSINES, LABELS).to_dict()
    (menu,) = [p for p in spec["params"] if "bind" in p]
    assert menu["bind"]["options"] == list(LABELS.values())
    packed = [rows for rows in spec["datasets"].values() if "label" in rows[0]]
    assert [len(row["cosine"]) for row in packed[0]] == [3, 3]


def test_an_exact_zero_stands_on_the_axis():
    spec = cosine_chart(COSINES, LABELS).to_dict()
    (values,) = [rows for rows in spec["datasets"].values() if "singular_value" in rows[0]]
    assert [row["singular_value"] for row in values] == [8.0, 4.0, 0.05]


def test_counts_over_the_threshold_are_those_of_the_sweep():
    spec = null_dimension_chart(SWEEP, 3).to_dict()
    (counts,) = [rows for rows in spec["datasets"].values() if "which" in rows[0]]
    over = {row["k"]: row["neurons"] for row in counts if "fraction" in row["which"]}
    for k, part in SWEEP.groupby("k"):
        assert over[k] == (part["null_fraction"] > 0.6).sum()
