"""Charts of occupancy: valid, described, with the rule of chance."""

import pandas as pd
import pytest

from confidence_neurons_book.null_space.occupancy_charts import neuron_chart, stream_chart

STREAM = pd.DataFrame(
    {
        "model": ["prose", "prose", "control", "control"],
        "rate": [0.0, 1.0] * 2,
        "null_fraction": [0.2, 0.9, 0.1, 0.1],
        "scale": [1.0, 7.0, 1000.0, 1000.0],
        "scale_ratio": [1.0, 7.0, 1.0, 1.0],
        "entropy": [3.5, 6.0, 3.6, 6.0],
    }
)
NEURONS = pd.DataFrame(
    {"neuron": [0, 1], "weight_norm": [1.0, 2.0], "null_fraction": [0.25, 0.875]}
)


def test_stream_chart_has_three_described_panels():
    spec = stream_chart(STREAM).to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert len(spec["vconcat"]) == 3
    for panel in spec["vconcat"]:
        assert panel["width"] <= 300
        assert panel["encoding"]["tooltip"]
        assert panel["encoding"]["y"]["title"]
    assert STREAM.to_dict("records") in spec["datasets"].values()


def test_neuron_chart_holds_the_neurons_and_the_rule_of_chance():
    spec = neuron_chart(NEURONS, k=4, d_model=64).to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert spec["width"] == "container"
    assert spec["layer"][0]["encoding"]["tooltip"]
    datasets = spec["datasets"].values()
    assert NEURONS.to_dict("records") in datasets
    values = [row["value"] for data in datasets for row in data if "value" in row]
    assert values == [pytest.approx(0.25)]
