"""Charts of the unigram distribution are valid, described, and hold their rows."""

import pandas as pd

from charts.reading import domain, options, rows_of, tooltip_titles
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


def test_every_distance_can_be_chosen_and_is_in_the_data():
    chart = CHARTS["distance"]()
    names = list(charts.DISTANCES.values())
    assert options(chart, "Distance") == names
    rows = rows_of(chart)
    last = rows[rows["entropy"] == 6.0].set_index("distance")["nats"]
    assert [last[name] for name in names] == [0.1, 0.2, 2.5]
    assert len(rows) == len(LEVELS) * len(names)


def test_every_source_of_logits_can_be_chosen_and_keeps_its_tokens():
    chart = CHARTS["carriers"]()
    assert options(chart, "Logits") == ["bias", "neuron"]
    rows = rows_of(chart)
    for source in ("bias", "neuron"):
        assert rows[rows["source"] == source]["logit"].tolist() == TABLE[source].tolist()
    assert "token" in tooltip_titles(chart)


def test_every_bias_has_a_line():
    assert domain(CHARTS["limit"](), "color") == ["its own", "none"]
    assert rows_of(CHARTS["limit"]())[LIMITS.columns].to_dict("list") == LIMITS.to_dict("list")
