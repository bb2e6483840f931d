"""Charts of groups: valid, described, with an interval for every group."""

import itertools

import pandas as pd

from charts.reading import axis_titles, categories, domain, rows_of, tooltip_titles
from confidence_neurons_book.entropy_neurons.group_charts import MEASURES, group_chart, rank_chart

NAMES = ["entropy", "equal norm", "random"]
VALUES = {"estimate": 0.2, "low": 0.1, "high": 0.3}
GROUPS = pd.DataFrame(
    [
        {"group": group, "quantity": measure, "text": text, **VALUES}
        for group, measure, text in itertools.product(NAMES, MEASURES, ["half noise", "clean"])
    ]
)
RANKS = pd.DataFrame(
    [{"group": g, "band": r, **VALUES} for g, r in itertools.product(NAMES, ["first", "later"])]
)
CHARTS = {"groups": lambda: group_chart(GROUPS), "ranks": lambda: rank_chart(RANKS)}


def test_every_group_has_a_dot_with_its_interval_on_every_text():
    rows = rows_of(CHARTS["groups"]())
    assert rows[GROUPS.columns].to_dict("records") == GROUPS.to_dict("records")
    assert domain(CHARTS["groups"](), "color") == NAMES
    assert {"from", "to"} <= tooltip_titles(CHARTS["groups"]())


def test_there_is_a_panel_for_each_measure():
    assert axis_titles(CHARTS["groups"](), "x") == list(MEASURES.values())
    fewer = group_chart(GROUPS[GROUPS["quantity"] == "kl_from_clean"])
    assert axis_titles(fewer, "x") == [MEASURES["kl_from_clean"]]


def test_ranks_stand_in_their_order():
    assert categories(CHARTS["ranks"](), "band") == ["first", "later"]
