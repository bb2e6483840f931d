"""Charts of occupancy: valid, described, with the rule of chance."""

import pandas as pd

from charts.reading import axis_titles, datasets, domain, rows_of
from confidence_neurons_book.null_space.occupancy_charts import PANELS, neuron_chart, stream_chart

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
CHARTS = {
    "stream": lambda: stream_chart(STREAM),
    "neurons": lambda: neuron_chart(NEURONS, k=4, d_model=64),
}


def test_the_stream_has_a_panel_for_each_quantity_and_keeps_its_numbers():
    chart = CHARTS["stream"]()
    assert axis_titles(chart, "y") == list(PANELS.values())
    rows = rows_of(chart, "quantity")
    for quantity in PANELS:
        values = rows[rows["quantity"] == quantity]["value"]
        assert values.tolist() == STREAM[quantity].tolist()
    assert domain(chart, "color") == ["prose", "control"]


def test_neuron_chart_holds_the_neurons_and_the_rule_of_chance():
    chart = CHARTS["neurons"]()
    rows = rows_of(chart, "neuron")
    assert rows[NEURONS.columns].to_dict("records") == NEURONS.to_dict("records")
    (rule,) = [each for each in datasets(chart) if "rule" in each]
    assert rule["null_fraction"].tolist() == [0.25]
    assert rule["rule"].tolist() == ["a random direction"]
