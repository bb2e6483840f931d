"""Charts of sets: valid, described, with intervals on every bar."""

import pandas as pd

from charts.reading import (
    axis_titles,
    datasets,
    domain,
    look_of,
    options,
    rows_of,
    tooltip_titles,
)
from confidence_neurons.charts.theme import GREY
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
    "additivity": lambda: additivity_chart(ADDED),
    "calibration": lambda: calibration_bars(BARS),
    "reliability": lambda: reliability_by_set(RELIABILITY),
}


def test_additivity_shows_both_ways_with_intervals_for_each_group():
    rows = rows_of(CHARTS["additivity"](), "how")
    assert rows[ADDED.columns].to_dict("records") == ADDED.to_dict("records")
    assert domain(CHARTS["additivity"](), "color") == ["entropy", "random"]
    assert {"how", "sum / together", "from", "to"} <= tooltip_titles(CHARTS["additivity"]())


def test_calibration_has_a_panel_for_each_measure_with_intervals():
    chart = CHARTS["calibration"]()
    assert options(chart, "Text") == ["noise", "clean"]
    assert axis_titles(chart, "x") == list(MEASURES.values())
    rows = rows_of(chart, "measure")
    assert len(rows) == len(BARS)
    assert (rows[["low", "high"]] == [-0.25, 0.75]).all(axis=None)


def test_reliability_leaves_out_bins_with_few_tokens():
    assert rows_of(CHARTS["reliability"](), "tokens")["tokens"].tolist() == [100, 30, 40]


def test_the_diagonal_reaches_as_far_as_the_points_of_each_text():
    (ends,) = [each for each in datasets(CHARTS["reliability"]()) if "tokens" not in each]
    assert (ends["confidence"] == ends["accuracy"]).all()
    assert ends.groupby("text")["accuracy"].max().to_dict() == {"noise": 0.375, "clean": 0.625}


def test_no_group_is_called_the_model_left_alone_and_is_grey():
    for name in ("calibration", "reliability"):
        assert domain(CHARTS[name](), "color") == ["model left alone", "entropy"]
        assert look_of(CHARTS[name](), "model left alone") == GREY


def test_groups_can_come_in_the_column_group():
    renamed = calibration_bars(BARS.rename(columns={"set": "group"}))
    assert domain(renamed, "color") == ["model left alone", "entropy"]
