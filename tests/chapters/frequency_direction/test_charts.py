"""Charts are valid, described, and hold what they were given."""

import pandas as pd
import pytest

from charts.reading import axis_titles, categories, options, rows_of, spec_of, tooltip_titles
from confidence_neurons_book.frequency_direction import neuron_charts, unigram_charts
from confidence_neurons_book.frequency_direction.by_token import FREQUENT_NEXT, OTHER_NEXT

VOCABULARY = pd.DataFrame(
    {
        "token": ["the", "parson", "~"],
        "class": ["frequent", "rare", "hardly ever seen"],
        "counted": [-3.0, -9.0, -17.0],
        "own": [-3.5, -9.5, -12.0],
    }
)
PUSHED = pd.DataFrame(
    {
        "power": [-0.5, -0.5, 0.0, 0.0],
        "token": ["town", "docks"] * 2,
        "probability": [0.01, 0.1, 0.05, 0.05],
        "corner": ["a", "a", "b", "b"],
    }
)
CLOUD = pd.DataFrame({"unigram": ["x", "y"], "entropy": [1.0, 1.0], "kl": [4.0, 5.0]})
INTERVAL = {"estimate": [0.5, 0.1], "low": [0.4, 0.0], "high": [0.6, 0.2]}
HEAT = pd.DataFrame(
    {
        "model": ["smollm2", "prose"],
        "text": ["noise", "noise"],
        "predictions": ["as the model predicts", "sure predictions, heated"],
        "quantity": ["counts", "counts"],
        **INTERVAL,
    }
)
NEURONS = pd.DataFrame(
    {
        "neuron": [1, 2],
        "group": ["frequency", "random"],
        "cosine": [-0.6, 0.1],
        "effect": [0.1, 0.2],
        "estimate": [0.6, -3.0],
        "low": [0.5, -4.0],
        "high": [0.7, -2.0],
    }
)
PATHS = pd.DataFrame(
    {
        "group": ["frequency", "frequency"],
        "closed": ["scale frozen", "projection put back"],
        "quantity": ["entropy", "kl"],
        **INTERVAL,
    }
)
STORY = pd.DataFrame(
    {
        "neuron": [7, 8],
        "next class": [OTHER_NEXT, FREQUENT_NEXT],
        "push": [1.0, -1.0],
        "loss_added": [0.3, 0.1],
        "at": ["a", "b"],
        "next": ["x", "the"],
    }
)
CHARTS = {
    "vocabulary": lambda: unigram_charts.vocabulary_chart(VOCABULARY),
    "pushed": lambda: unigram_charts.pushed_chart(PUSHED, "walked down to the"),
    "cloud": lambda: unigram_charts.cloud_chart(CLOUD),
    "heat": lambda: unigram_charts.heat_chart(HEAT, "Heat"),
    "definition": lambda: neuron_charts.definition_chart(NEURONS, 0.4),
    "paths": lambda: neuron_charts.paths_chart(PATHS, "Paths"),
    "story": lambda: neuron_charts.story_chart(STORY, "Story"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_says_in_words_what_it_shows(name):
    chart = CHARTS[name]()
    assert len(spec_of(chart)["description"]) > 100
    assert axis_titles(chart, "x")


def test_each_token_of_the_vocabulary_is_a_point():
    rows = rows_of(CHARTS["vocabulary"](), "token")
    assert rows[["token", "counted", "own"]].to_dict("list") == VOCABULARY[
        ["token", "counted", "own"]
    ].to_dict("list")


def test_each_power_has_its_bars():
    rows = rows_of(CHARTS["pushed"](), "probability")
    assert rows.groupby("power")["probability"].apply(list).to_dict() == {
        -0.5: [0.01, 0.1],
        0.0: [0.05, 0.05],
    }


def test_unigrams_and_models_can_be_chosen():
    assert options(CHARTS["cloud"](), "P_freq") == ["x", "y"]
    assert options(CHARTS["heat"](), "Model") == ["smollm2", "prose"]
    assert categories(CHARTS["heat"](), "text") == ["noise"]


def test_far_negative_shares_are_drawn_at_the_edge_and_told_as_they_are():
    chart = CHARTS["definition"]()
    row = rows_of(chart, "drawn").set_index("neuron").loc[2]
    assert (row["drawn"], row["estimate"]) == (neuron_charts.LOWEST, -3.0)
    assert row["size"] == 0.1
    assert {"share, as measured", "cosine with u", "neuron"} <= tooltip_titles(chart)


def test_effects_and_neurons_can_be_chosen():
    assert options(CHARTS["paths"](), "Effect on") == ["entropy", "KL(P_freq || P_model)"]
    assert options(CHARTS["story"](), "Neuron") == [7, 8]
