"""Charts of what neurons do when they are held: what is drawn, beside what."""

import numpy as np
import pandas as pd
import pytest

from charts.reading import (
    axis_titles,
    categories,
    datasets,
    domain,
    look_of,
    options,
    rows_of,
    tooltip_titles,
)
from confidence_neurons.charts.theme import GREY, ORANGE
from confidence_neurons_book.entropy_neurons import effect_charts

GENERATOR = np.random.default_rng(0)
MODELS = ["smollm2", "prose"]
GROUPS = ["entropy", "equal rho"]
NEURONS = pd.DataFrame(
    {
        "neuron": range(30),
        "weight_norm": 0.5 + GENERATOR.random(30),
        "logit_var": 0.001 + GENERATOR.random(30),
        "null_fraction": GENERATOR.random(30),
        "entropy_total": 0.001 + GENERATOR.random(30),
        "entropy_ln_mediated": GENERATOR.normal(size=30),
        "group": ["entropy"] * 3 + ["others"] * 27,
    }
)
SCANS = pd.concat([NEURONS.assign(model="smollm2"), NEURONS.assign(model="prose", weight_norm=3.0)])
SENTENCE = pd.DataFrame(
    [
        {
            "name": name,
            "label": f"{place} word",
            "entropy": 3.0,
            "entropy_total": 0.5 * place,
            "entropy_direct": 0.1,
        }
        for name in ("29.830", "29.709")
        for place in (1, 2, 3)
    ]
)
INTERVAL = {"estimate": 0.2, "low": 0.1, "high": 0.3}
SHARES = pd.DataFrame(
    [{"neuron": n, "group": GROUPS[n % 2], "effect": 0.01, **INTERVAL} for n in range(6)]
)
RANKS = pd.DataFrame(
    [
        {"model": model, "band": band, "group": group, **INTERVAL}
        for model in MODELS
        for band in ("first choice", "later ranks")
        for group in (*GROUPS, "matched temperature")
    ]
)
CROWD = pd.DataFrame(
    [
        {"model": model, "group": group, "quantity": quantity, "path": path, **INTERVAL}
        for model in MODELS
        for group in ("the nine", "all null writers")
        for quantity, path in (
            ("scale", "scale computed anew"),
            ("entropy", "scale computed anew"),
            ("entropy", "scale frozen"),
        )
    ]
)
CHARTS = {
    "sentence": lambda: effect_charts.sentence_chart(SENTENCE, title="One sentence"),
    "plane": lambda: effect_charts.plane_chart(SCANS, title="Weights"),
    "shares": lambda: effect_charts.share_chart(SCANS, title="All neurons"),
    "controls": lambda: effect_charts.control_chart(SHARES, title="Controls"),
    "ranks": lambda: effect_charts.rank_chart(RANKS, title="By rank"),
    "crowd": lambda: effect_charts.crowd_chart(CROWD, title="Together"),
}


def test_each_word_of_the_sentence_has_a_bar_for_each_path():
    chart = CHARTS["sentence"]()
    assert options(chart, "Neuron") == ["29.830", "29.709"]
    rows = rows_of(chart)
    assert rows.groupby(["name", "label"])["path"].nunique().eq(2).all()
    frozen = rows[rows["path"] == "scale frozen"]
    assert set(frozen["change"]) == {0.1}
    assert len(rows) == 2 * len(SENTENCE)


def test_norm_and_logit_var_are_shown_over_the_median_of_their_model():
    rows = rows_of(CHARTS["plane"]())
    for _, of_model in rows.groupby("model"):
        assert of_model["norm"].median() == pytest.approx(1, abs=1e-3)
        assert of_model["variance"].median() == pytest.approx(1, abs=1e-3)


def test_the_same_neurons_stand_in_both_panels():
    chart = CHARTS["plane"]()
    assert len(axis_titles(chart, "x")) == 2
    assert len(datasets(chart)) == 1


@pytest.mark.parametrize("name", ["plane", "shares"])
def test_a_model_can_be_chosen_and_every_neuron_is_there(name):
    chart = CHARTS[name]()
    assert options(chart, "Model") == MODELS
    assert rows_of(chart).groupby("model")["neuron"].nunique().eq(30).all()


def test_the_rest_is_grey_and_comes_last():
    chart = CHARTS["plane"]()
    assert domain(chart, "color") == ["entropy", "others"]
    assert look_of(chart, "others") == GREY
    assert look_of(chart, "entropy") == ORANGE


@pytest.mark.parametrize("name", ["plane", "shares", "controls"])
def test_pointing_at_a_neuron_names_it(name):
    assert "neuron" in tooltip_titles(CHARTS[name]())


def test_every_control_has_its_interval():
    rows = rows_of(CHARTS["controls"]())
    assert {"low", "high"} <= set(rows)
    assert len(rows) == len(SHARES)


def test_ranks_have_a_panel_for_each_model_and_keep_their_order():
    chart = CHARTS["ranks"]()
    assert len(chart.to_dict()["vconcat"][0]["hconcat"]) == len(MODELS)
    assert categories(chart, "band") == ["first choice", "later ranks"]


def test_the_frozen_scale_is_not_drawn_as_a_change_of_the_scale():
    rows = pd.concat(datasets(CHARTS["crowd"]()))
    of_scale = rows[rows.get("quantity") == "scale"] if "quantity" in rows else rows
    assert "scale frozen" not in set(of_scale[of_scale["quantity"] == "scale"]["path"])
    assert options(CHARTS["crowd"](), "Model") == MODELS
