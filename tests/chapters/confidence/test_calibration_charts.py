"""Charts of calibration are valid, described, and hold the rows they were given."""

import pandas as pd
import pytest

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
    "reliability_diagram": (lambda: charts.reliability_diagram(TABLE), TABLE),
    "calibration_error_curve": (lambda: charts.calibration_error_curve(ERRORS), ERRORS),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_valid_described_and_have_tooltips(name):
    spec = CHARTS[name][0]().to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert spec["width"] == "container"
    layers = spec.get("layer", [spec])
    assert layers[-1]["encoding"]["tooltip"]
    assert layers[0]["encoding"]["x"]["title"]
    assert layers[0]["encoding"]["y"]["title"]


@pytest.mark.parametrize("name", CHARTS)
def test_charts_hold_the_rows_they_were_given(name):
    chart, frame = CHARTS[name]
    assert frame.to_dict("records") in chart().to_dict()["datasets"].values()


def test_the_diagonal_runs_from_corner_to_corner():
    datasets = charts.reliability_diagram(TABLE).to_dict()["datasets"].values()
    corners = [{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}]
    assert corners in datasets
