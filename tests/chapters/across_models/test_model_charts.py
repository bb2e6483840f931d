"""Charts of models side by side: a panel for each, what is drawn is what was measured."""

import pandas as pd
import pytest

from charts.reading import axis_titles, datasets, found, panels, rows_of, spec_of
from confidence_neurons_book.across_models.model_charts import (
    LOWEST_SHARE,
    effects_chart,
    share_panels,
    tails_chart,
)

TAILS = pd.DataFrame({"model": ["a", "a", "b"], "place": [1, 2, 1], "relative": [0.125, 0.5, 0.25]})
SCANS = pd.DataFrame(
    {
        "measured": ["one", "one", "other"],
        "neuron": [0, 1, 0],
        "null_fraction": [0.25, 0.5, 0.75],
        "entropy_total": [0.5, 0.25, 1.0],
        "entropy_ln_mediated": [0.5, -9.0, 0.0],
        "left_out": "x",
    }
)
EFFECTS = pd.DataFrame(
    [
        {"measured": measured, "group": group, "effect": effect, "tokens": 9}
        | {"estimate": 0.5, "low": 0.25, "high": 0.75}
        for measured in ("one", "other")
        for group in ("selected", "random")
        for effect in ("total", "direct", "indirect", "mediated")
    ]
)
CHARTS = {
    "tails": lambda: tails_chart(TAILS),
    "shares": lambda: share_panels(SCANS),
    "effects": lambda: effects_chart(EFFECTS),
}


def test_tails_are_drawn_on_a_log_axis():
    assert rows_of(CHARTS["tails"]())["relative"].tolist() == TAILS["relative"].tolist()
    assert "log" in [scale.get("type") for scale in found(spec_of(CHARTS["tails"]()), "scale")]


def test_each_measurement_has_a_panel_of_its_own_neurons():
    drawn = panels(CHARTS["shares"]())
    assert [panel["title"]["text"] for panel in drawn] == ["one", "other"]
    points = [frame for frame in datasets(CHARTS["shares"]()) if "neuron" in frame]
    assert sorted(map(len, points)) == [1, 2]
    assert all("left_out" not in frame for frame in points)


def test_very_low_shares_stand_at_the_edge_and_are_told_as_measured():
    points = max((f for f in datasets(CHARTS["shares"]()) if "neuron" in f), key=len)
    assert points["share"].tolist() == [0.5, LOWEST_SHARE]
    assert points["entropy_ln_mediated"].tolist() == [0.5, -9.0]


def test_total_and_direct_effect_stand_side_by_side_in_a_panel_for_each_measurement():
    chart = CHARTS["effects"]()
    assert set(rows_of(chart, "effect")["effect"]) == {"total", "direct"}
    titles = axis_titles(chart, "x")
    assert len(titles) == 2
    assert all("nats" in title for title in titles)


@pytest.mark.parametrize("name", CHARTS)
def test_panels_stand_below_each_other(name):
    assert "hconcat" not in spec_of(CHARTS[name]())
