"""Charts of sets: valid, described, with intervals on every bar."""

import pandas as pd
import pytest

from confidence_neurons_book.causal_effects.set_charts import (
    MEASURES,
    additivity_chart,
    calibration_bars,
    reliability_by_set,
)

BOUNDS = {"low": -0.25, "high": 0.75}
ADDED = pd.DataFrame(
    [
        {"group": group, "size": size, "how": how, "estimate": 0.5, "ratio": 1.0} | BOUNDS
        for group in ("entropy", "random")
        for size in (1, 4)
        for how in ("together", "sum of single effects")
    ]
)
BARS = pd.DataFrame(
    [
        {"text": text, "set": name, "measure": measure, "estimate": 0.5}
        | BOUNDS
        | {"change": 0.0, "change_low": -0.125, "change_high": 0.125}
        for text in ("noise", "clean")
        for name in ("none", "entropy")
        for measure in MEASURES
    ]
)
RELIABILITY = pd.DataFrame(
    {
        "text": ["noise", "noise", "noise", "clean"],
        "set": ["none", "entropy", "entropy", "none"],
        "confidence": [0.25, 0.25, 0.875, 0.5],
        "accuracy": [0.125, 0.375, 0.0, 0.625],
        "tokens": [100, 30, 29, 40],
    }
)
CHARTS = {
    "additivity": additivity_chart(ADDED).to_dict(),
    "calibration": calibration_bars(BARS).to_dict(),
    "reliability": reliability_by_set(RELIABILITY).to_dict(),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_valid_described_and_narrow(name):
    spec = CHARTS[name]
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    for panel in spec.get("vconcat", [spec]):
        assert panel["width"] <= 300
        encoding = panel["layer"][-1]["encoding"]
        assert encoding["tooltip"]
        assert any(layer["encoding"]["x"].get("title") for layer in panel["layer"])


def test_additivity_shows_both_ways_with_intervals():
    spec = CHARTS["additivity"]
    assert ADDED.to_dict("records") in spec["datasets"].values()
    intervals, lines, _ = spec["layer"]
    assert intervals["encoding"]["y2"]["field"] == "high"
    assert lines["encoding"]["strokeDash"]["sort"] == ["together", "sum of single effects"]
    assert lines["encoding"]["x"]["axis"]["values"] == [1, 4]


def test_calibration_has_a_panel_for_each_measure_with_intervals():
    spec = CHARTS["calibration"]
    assert spec["params"][0]["bind"]["options"] == ["noise", "clean"]
    assert len(spec["vconcat"]) == len(MEASURES)
    for panel in spec["vconcat"]:
        bars, intervals = panel["layer"]
        assert bars["encoding"]["x"]["scale"]["domain"] == [-0.25, 0.75]
        assert intervals["encoding"]["x2"]["field"] == "high"


def test_reliability_leaves_out_bins_with_few_tokens():
    datasets = CHARTS["reliability"]["datasets"].values()
    rows = next(pd.DataFrame(data) for data in datasets if "tokens" in data[0])
    assert rows["tokens"].tolist() == [100, 30, 40]


def test_the_diagonal_reaches_as_far_as_the_points_of_each_text():
    datasets = CHARTS["reliability"]["datasets"].values()
    ends = next(pd.DataFrame(data) for data in datasets if "tokens" not in data[0])
    assert (ends["confidence"] == ends["accuracy"]).all()
    assert ends.groupby("text")["accuracy"].max().to_dict() == {"noise": 0.375, "clean": 0.625}


def test_no_set_is_called_the_model_left_alone():
    bars = CHARTS["calibration"]["vconcat"][0]["layer"][0]["encoding"]["y"]["axis"]
    points = CHARTS["reliability"]["layer"][-1]["encoding"]
    for place in (bars, points["color"]["legend"], points["shape"]["legend"]):
        assert place["labelExpr"] == "datum.label === 'none' ? 'model left alone' : datum.label"
