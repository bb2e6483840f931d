"""Charts of the unigram distribution are valid, described, and hold their rows."""

import pandas as pd
import pytest

from confidence_neurons_book.frequency_direction import carrier_charts as charts

LEVELS = pd.DataFrame(
    {
        "text": ["clean", "clean", "noise"],
        "entropy": [1.0, 4.0, 6.0],
        "kl": [5.0, 2.0, 0.1],
        "kl_reverse": [4.0, 2.0, 0.2],
        "kl_shuffled": [7.0, 4.0, 2.5],
    }
)
TABLE = pd.DataFrame(
    {
        "token": ["the", "parson", "~"],
        "class": ["frequent", "rare", "hardly ever seen"],
        "log_frequency": [-3.0, -9.0, -17.0],
        "bias": [1.0, 0.0, -1.0],
        "neuron": [2.0, -1.0, -1.0],
    }
)
LIMITS = pd.DataFrame(
    {
        "bias": ["its own", "its own", "none", "none"],
        "factor": [1.0, 2.0, 1.0, 2.0],
        "entropy": [6.0, 7.0, 6.0, 7.0],
        "kl": [0.1, 0.5, 0.1, 0.9],
    }
)
CHARTS = {
    "distance": lambda: charts.distance_chart(LEVELS),
    "carriers": lambda: charts.carriers_chart(TABLE, ["bias", "neuron"]),
    "limit": lambda: charts.scale_limit_chart(LIMITS),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_valid_described_and_have_tooltips(name):
    spec = CHARTS[name]().to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert spec["width"] == "container"
    assert spec["encoding"]["tooltip"]
    assert spec["encoding"]["x"]["title"]
    assert spec["encoding"]["y"]["title"]


@pytest.mark.parametrize("name", CHARTS)
def test_charts_hold_one_row_for_each_they_were_given(name):
    rows = next(iter(CHARTS[name]().to_dict()["datasets"].values()))
    assert len(rows) == {"distance": 3, "carriers": 3, "limit": 4}[name]


def test_every_distance_can_be_chosen_and_is_in_the_data():
    spec = charts.distance_chart(LEVELS).to_dict()
    options = spec["params"][0]["bind"]["options"]
    rows = next(iter(spec["datasets"].values()))
    assert options == list(charts.DISTANCES.values())
    assert [rows[2][name] for name in options] == [0.1, 0.2, 2.5]
    assert spec["transform"][0]["fold"] == options


def test_every_source_of_logits_can_be_chosen():
    spec = charts.carriers_chart(TABLE, ["bias", "neuron"]).to_dict()
    assert spec["params"][0]["bind"]["options"] == ["bias", "neuron"]
    assert spec["params"][0]["value"] == "bias"
