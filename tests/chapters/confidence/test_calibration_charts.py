"""The reliability diagram is described, and holds the rows it was given."""

import pandas as pd

from charts.reading import datasets, domain, rows_of, tooltip_titles
from confidence_neurons_book.confidence import calibration_charts as charts

TABLE = pd.DataFrame(
    {
        "model": ["smollm2", "smollm2", "prose"],
        "text": "clean",
        "confidence": [0.3, 0.8, 0.1],
        "accuracy": [0.25, 0.9, 0.1],
        "low": [0.2, 0.8, 0.05],
        "high": [0.3, 0.95, 0.15],
        "tokens": [100, 20, 400],
    }
)
CHARTS = {"reliability_diagram": lambda: charts.reliability_diagram(TABLE, "Nearly as sure")}


def test_it_holds_the_rows_it_was_given():
    bins = rows_of(CHARTS["reliability_diagram"](), "tokens")
    assert bins[TABLE.columns].to_dict("records") == TABLE.to_dict("records")


def test_models_are_told_apart():
    assert domain(CHARTS["reliability_diagram"](), "color") == ["smollm2", "prose"]


def test_the_diagonal_reaches_from_the_least_to_the_greatest():
    (ends,) = [each for each in datasets(CHARTS["reliability_diagram"]()) if len(each) == 2]
    assert ends["confidence"].tolist() == ends["accuracy"].tolist() == [0.1, 0.9]


def test_pointing_at_a_bin_says_how_many_tokens_it_has():
    assert "Tokens in the bin" in tooltip_titles(CHARTS["reliability_diagram"]())
