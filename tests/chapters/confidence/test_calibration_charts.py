"""Charts of calibration are valid, described, and hold the rows they were given."""

import pandas as pd

from charts.reading import datasets, domain, rows_of, tooltip_titles
from confidence_neurons_book.confidence import calibration_charts as charts

TABLE = pd.DataFrame(
    {
        "text": ["clean", "clean", "noise"],
        "low": [0.0, 0.5, 0.0],
        "high": [0.5, 1.0, 0.5],
        "confidence": [0.3, 0.8, 0.1],
        "accuracy": [0.25, 0.9, 0.1],
        "tokens": [100, 20, 400],
    }
)
ERRORS = pd.DataFrame(
    {
        "text": ["clean"] * 3 + ["noise"] * 3,
        "temperature": [0.5, 1, 2] * 2,
        "error": [0.2, 0.01, 0.1, 0.3, 0.02, 0.05],
    }
)
CHARTS = {
    "reliability_diagram": lambda: charts.reliability_diagram(TABLE),
    "calibration_error_curve": lambda: charts.calibration_error_curve(ERRORS),
}


def test_charts_hold_the_rows_they_were_given():
    bins = rows_of(CHARTS["reliability_diagram"](), "tokens")
    assert bins[TABLE.columns].to_dict("records") == TABLE.to_dict("records")
    errors = rows_of(CHARTS["calibration_error_curve"]())
    assert errors[ERRORS.columns].to_dict("records") == ERRORS.to_dict("records")


def test_texts_are_told_apart():
    for chart in CHARTS.values():
        assert domain(chart(), "color") == ["clean", "noise"]


def test_the_diagonal_reaches_from_the_least_to_the_greatest():
    (ends,) = [each for each in datasets(CHARTS["reliability_diagram"]()) if len(each) == 2]
    assert ends["confidence"].tolist() == ends["accuracy"].tolist() == [0.1, 0.9]


def test_pointing_at_a_bin_says_how_many_tokens_it_has():
    assert "Tokens in the bin" in tooltip_titles(CHARTS["reliability_diagram"]())
