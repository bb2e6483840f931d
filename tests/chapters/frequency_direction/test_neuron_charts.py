"""Charts of frequency neurons are valid, described, and hold what they were given."""

import pandas as pd

from charts.reading import options, rows_of, title_of
from confidence_neurons_book.frequency_direction import neuron_charts as charts

EFFECTS = pd.DataFrame(
    {
        "neuron": [1, 2, 3, 1, 2, 3],
        "measured": ["clean"] * 3 + ["noise"] * 3,
        "group": ["others", "frequency", "entropy"] * 2,
        "frequency_cosine": [0.1, 0.9, 0.2] * 2,
        "null_fraction": [0.1, 0.8, 0.9] * 2,
    }
    | {
        f"{name}_total": [0.01, 0.02, 0.03, 0.0001, 0.04, 0.05]
        for name in ("kl", "kl_reverse", "entropy", "loss")
    }
    | {name: [0.1, 0.6, -3.0] * 2 for _, name in charts.MEASURES.values()}
)
STORY = pd.DataFrame(
    {
        "activation": [0.0, 3.0],
        "class": ["frequent", "rare"],
        "at": ["␣a", "b"],
        "next": ["␣the", "x"],
        "loss_added": [0.0, 0.3],
        "kl_added": [0.0, -0.1],
        "entropy_added": [0.0, -0.2],
    }
)


CHARTS = {
    "mediation": lambda: charts.mediation_chart(EFFECTS),
    "story": lambda: charts.story_chart(STORY, 56),
}


def test_far_negative_shares_are_clipped_and_keep_their_value():
    rows = rows_of(CHARTS["mediation"]())
    entropy_neurons = rows[rows["group"] == "entropy"]
    assert set(entropy_neurons["share"]) == {-3.0}
    assert set(entropy_neurons["shown"]) == {charts.LOWEST}


def test_neurons_with_hardly_any_effect_are_left_out():
    rows = rows_of(CHARTS["mediation"]())
    assert len(rows) == 5 * len(charts.MEASURES)  # neuron 1 does nothing on noise


def test_each_measure_and_text_can_be_chosen():
    chart = CHARTS["mediation"]()
    assert options(chart, "Measured on") == ["clean", "noise"]
    assert options(chart, "Effect on") == list(charts.MEASURES)
    second = rows_of(chart).query("measured == 'clean' and neuron == 2")
    assert second["quantity"].tolist() == list(charts.MEASURES)
    assert set(second["effect"]) == {0.02}
    assert set(second["share"]) == {0.6}


def test_what_a_neuron_adds_can_be_chosen():
    chart = CHARTS["story"]()
    assert options(chart, "Added to") == list(charts.ADDED.values())
    rows = rows_of(chart)
    for column, name in charts.ADDED.items():
        assert rows[rows["quantity"] == name]["added"].tolist() == STORY[column].tolist()
    assert "neuron 56" in title_of(chart)
