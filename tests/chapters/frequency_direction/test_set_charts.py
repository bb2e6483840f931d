"""Charts of sets of neurons are valid, described, and keep the order of what they show."""

import pandas as pd
import pytest

from confidence_neurons.charts.looks import group_colours
from confidence_neurons_book.frequency_direction import set_charts as charts

ROWS = pd.DataFrame(
    {
        "set": ["a", "a", "b", "b"] * 2,
        "pair": ["a", "a", "b", "b"] * 2,
        "label": ["sure and right", "unsure and wrong"] * 4,
        "text": ["noise"] * 8,
        "effect": ["total", "restored"] * 4,
        "quantity": ["kl"] * 4 + ["loss"] * 4,
        "estimate": [0.1, 0.05, 0.2, 0.19] * 2,
        "low": [0.08, 0.04, 0.15, 0.15] * 2,
        "high": [0.12, 0.06, 0.25, 0.25] * 2,
    }
)
CHARTS = [
    charts.paths_chart,
    charts.situations_chart,
    charts.classes_chart,
    charts.interaction_chart,
]


@pytest.mark.parametrize("chart", CHARTS)
def test_charts_are_valid_described_and_have_tooltips(chart):
    spec = chart(ROWS).to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert spec["width"] == "container"
    for layer in spec["layer"][1:]:
        assert layer["encoding"]["tooltip"]
        assert "nats" in layer["encoding"]["x"]["title"]


@pytest.mark.parametrize("chart", CHARTS)
def test_every_row_is_there_and_the_switch_offers_each_quantity(chart):
    spec = chart(ROWS).to_dict()
    rows = max(spec["datasets"].values(), key=len)
    assert len(rows) == len(ROWS)
    options = spec["params"][0]["bind"]["options"]
    assert options == ["KL(P_freq || P_model)", "loss"]
    assert {row["quantity"] for row in rows} == set(options)
    assert [row["estimate"] for row in rows] == list(ROWS["estimate"])


def test_rows_and_colours_keep_the_order_they_came_in():
    encoding = charts.paths_chart(ROWS[::-1]).to_dict()["layer"][-1]["encoding"]
    assert encoding["y"]["sort"] == ["b", "a"]
    assert encoding["color"]["scale"]["domain"] == ["restored", "total"]


def test_situations_name_text_and_situation():
    encoding = charts.situations_chart(ROWS).to_dict()["layer"][-1]["encoding"]
    assert encoding["y"]["sort"] == ["noise: sure, right", "noise: unsure, wrong"]


def test_effects_have_colours_of_their_own_and_groups_those_of_the_book():
    effects = charts.paths_chart(ROWS).to_dict()["layer"][-1]["encoding"]["color"]["scale"]
    assert len(set(effects["range"])) == len(effects["domain"])
    sets = charts.situations_chart(ROWS).to_dict()["layer"][-1]["encoding"]["color"]["scale"]
    assert sets == group_colours(sets["domain"]).to_dict()


def test_too_many_colours_are_refused():
    many = pd.concat([ROWS.assign(effect=str(i)) for i in range(7)])
    with pytest.raises(ValueError, match="at most 6 values of effect"):
        charts.paths_chart(many)
