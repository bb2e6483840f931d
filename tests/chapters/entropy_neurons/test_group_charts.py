"""Charts of groups: valid, described, with an interval for every group."""

import itertools

import pandas as pd
import pytest

from confidence_neurons_book.entropy_neurons.group_charts import MEASURES, group_chart, rank_chart

NAMES = ["entropy neurons", "equal norm", "random"]
VALUES = {"estimate": 0.2, "low": 0.1, "high": 0.3}
GROUPS = pd.DataFrame(
    [
        {"group": group, "measure": measure, "text": text, **VALUES}
        for group, measure, text in itertools.product(NAMES, MEASURES, ["half noise", "clean"])
    ]
)
RANKS = pd.DataFrame(
    [{"group": g, "rank": r, **VALUES} for g, r in itertools.product(NAMES, ["first", "later"])]
)


@pytest.mark.parametrize("chart", [group_chart(GROUPS), rank_chart(RANKS)])
def test_charts_are_valid_and_described(chart):
    spec = chart.to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    for panel in spec.get("vconcat", [spec]):
        marks = [layer["mark"]["type"] for layer in panel["layer"]]
        assert marks == ["rule", "point"]
        assert panel["layer"][0]["encoding"]["x2"]["field"] == "high"
        assert panel["layer"][1]["encoding"]["tooltip"]
        assert panel["layer"][0]["encoding"]["color"]["scale"]["domain"] == NAMES


def test_there_is_a_panel_for_each_measure():
    panels = group_chart(GROUPS).to_dict()["vconcat"]
    assert len(panels) == len(MEASURES)
    assert all(panel["width"] <= 300 for panel in panels)
    fewer = group_chart(GROUPS[GROUPS["measure"] == "kl_from_clean"]).to_dict()["vconcat"]
    assert len(fewer) == 1
