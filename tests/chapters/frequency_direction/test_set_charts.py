"""Charts of sets of neurons are valid, described, and keep the order of what they show."""

import pandas as pd
import pytest

from charts.reading import axis_titles, categories, domain, options, rows_of
from confidence_neurons_book.frequency_direction import set_charts as charts

ROWS = pd.DataFrame(
    {
        "group": ["a", "a", "b", "b"] * 2,
        "pair": ["a", "a", "b", "b"] * 2,
        "situation": ["sure and right", "unsure and wrong"] * 4,
        "class": ["frequent", "rare"] * 4,
        "text": ["noise"] * 8,
        "effect": ["total", "restored"] * 4,
        "quantity": ["kl"] * 4 + ["loss"] * 4,
        "estimate": [0.1, 0.05, 0.2, 0.19] * 2,
        "low": [0.08, 0.04, 0.15, 0.15] * 2,
        "high": [0.12, 0.06, 0.25, 0.25] * 2,
    }
)
CHARTS = {
    "paths": lambda: charts.paths_chart(ROWS),
    "situations": lambda: charts.situations_chart(ROWS),
    "classes": lambda: charts.classes_chart(ROWS),
    "interactions": lambda: charts.interaction_chart(ROWS),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_row_is_there_and_the_switch_offers_each_quantity(name):
    chart = CHARTS[name]()
    rows = rows_of(chart, "estimate").query("quantity.notna()")
    assert options(chart, "Effect on") == ["KL(P_freq || P_model)", "loss"]
    for quantity, part in rows.groupby("quantity"):
        given = ROWS[ROWS["quantity"].replace(charts.QUANTITIES) == quantity]
        assert part[["estimate", "low", "high"]].to_numpy().tolist() == (
            given[["estimate", "low", "high"]].to_numpy().tolist()
        )
    assert any("nats" in title for title in axis_titles(chart, "x"))


def test_rows_and_colours_keep_the_order_they_came_in():
    chart = charts.paths_chart(ROWS[::-1])
    assert categories(chart, "group") == ["b", "a"]
    assert domain(chart, "color") == ["restored", "total"]


def test_situations_name_text_and_situation():
    assert categories(CHARTS["situations"](), "situation") == [
        "noise: sure, right",
        "noise: unsure, wrong",
    ]
