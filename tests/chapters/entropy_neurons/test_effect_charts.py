"""Scatter plots of neurons: valid, described, brushed into a table without Python."""

import numpy as np
import pandas as pd
import pytest

from charts.reading import (
    axis_titles,
    datasets,
    domain,
    look_of,
    options,
    rows_of,
    tooltip_titles,
)
from confidence_neurons.charts.theme import GREY, ORANGE
from confidence_neurons_book.entropy_neurons.effect_charts import (
    PREDICTION,
    entropy_prediction_chart,
    likeness_chart,
    null_fraction_effect_chart,
)
from confidence_neurons_book.entropy_neurons.plane_charts import norm_logit_var_chart

GENERATOR = np.random.default_rng(0)
NEURONS = pd.DataFrame(
    {
        "neuron": range(30),
        "weight_norm": 0.5 + GENERATOR.random(30),
        "logit_var": 0.001 + GENERATOR.random(30),
        "null_fraction": GENERATOR.random(30),
        "entropy_total": 0.001 + GENERATOR.random(30),
        "entropy_ln_mediated": GENERATOR.normal(size=30),
        "kl_from_clean": GENERATOR.random(30),
        "argmax_changed": GENERATOR.random(30),
        "likeness": GENERATOR.random(30),
        "group": ["entropy"] * 3 + ["others"] * 27,
    }
)
TEXTS = pd.concat(NEURONS.assign(text=text) for text in ("half noise", "clean"))
CHARTS = {
    "plane": lambda: norm_logit_var_chart(NEURONS),
    "null fraction": lambda: null_fraction_effect_chart(TEXTS),
    "prediction": lambda: entropy_prediction_chart(TEXTS),
    "likeness": lambda: likeness_chart(TEXTS),
}
CHOOSERS = ["null fraction", "prediction", "likeness"]


def test_the_brush_fills_a_table_that_fits_a_phone():
    _, table = CHARTS["plane"]().to_dict()["vconcat"]
    assert sum(column["width"] for column in table["hconcat"]) <= 280
    for column in table["hconcat"]:
        assert {"filter": {"param": "brush"}} in column["transform"]


def test_logit_var_is_shown_over_its_median():
    rows = rows_of(CHARTS["plane"]())
    assert rows["logit_var_share"].median() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", CHOOSERS)
def test_a_text_can_be_chosen_and_every_neuron_is_there(name):
    chart = CHARTS[name]()
    assert options(chart, "Text") == ["half noise", "clean"]
    rows = rows_of(chart)
    assert rows.groupby("text")["neuron"].nunique().to_dict() == {"clean": 30, "half noise": 30}


def test_the_same_neurons_stand_in_both_panels():
    assert axis_titles(CHARTS["prediction"](), "x") == list(PREDICTION.values())
    assert len(datasets(CHARTS["prediction"]())) == 1


def test_the_rest_is_grey_and_comes_last():
    chart = CHARTS["null fraction"]()
    assert domain(chart, "color") == ["entropy", "others"]
    assert look_of(chart, "others") == GREY
    assert look_of(chart, "entropy") == ORANGE


def test_pointing_at_a_neuron_names_it():
    for name in CHARTS:
        assert "neuron" in tooltip_titles(CHARTS[name]())
