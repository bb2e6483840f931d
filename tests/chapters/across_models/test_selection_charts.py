"""Charts of selections: who is named, and what they do beside controls."""

import pandas as pd

from charts.reading import axis_titles, datasets, domain, panels, rows_of
from confidence_neurons_book.across_models.selection_charts import plane_panels, selection_shares

NAMES = ["one way", "other way", "several", "others"]
PLANE = pd.DataFrame(
    {
        "measured": ["a", "a", "a", "b"],
        "neuron": [0, 1, 2, 0],
        "named": pd.Categorical(["one way", "others", "several", "other way"], categories=NAMES),
        "ways": ["one way", "none", "one way, other way", "other way"],
        "weight_norm": [1.0, 2.0, 3.0, 4.0],
        "logit_var_share": [0.5, 1.0, 2.0, 1.0],
        "null_fraction": [0.25, 0.5, 0.75, 0.5],
        "entropy_total": 0.125,
        "entropy_ln_mediated": 0.5,
    }
)
EFFECTS = pd.DataFrame(
    [
        {"measured": measured, "selection": way, "group": group, "effect": effect, "tokens": 9}
        | {"estimate": 0.5, "low": 0.25, "high": 0.75}
        for measured in ("a", "b")
        for way in ("one way", "other way")
        for group in ("selected", "equal norm", "random")
        for effect in ("total", "mediated")
    ]
)
CHARTS = {
    "plane": lambda: plane_panels(PLANE),
    "shares": lambda: selection_shares(EFFECTS),
}


def test_each_model_has_a_panel_and_one_look_for_each_way():
    chart = CHARTS["plane"]()
    assert [panel["title"]["text"] for panel in panels(chart)] == ["a", "b"]
    assert domain(chart, "color") == domain(chart, "shape") == NAMES


def test_neurons_that_are_named_are_drawn_over_the_others():
    points = max((f for f in datasets(CHARTS["plane"]()) if "neuron" in f), key=len)
    assert points["named"].tolist()[0] == "others"
    assert set(points["neuron"]) == {0, 1, 2}


def test_shares_stand_beside_their_controls_with_intervals():
    chart = CHARTS["shares"]()
    rows = rows_of(chart, "selection")
    assert {"estimate", "low", "high"} <= set(rows)
    assert len(rows) == 2 * 2 * 3  # texts, ways, groups: of the effects one
    assert domain(chart, "color") == ["selected", "equal norm", "random"]
    assert len(axis_titles(chart, "x")) == 2
