"""Scatter plots of neurons: valid, described, brushed into a table without Python."""

import numpy as np
import pandas as pd
import pytest

from confidence_neurons_book.entropy_neurons.effect_charts import (
    entropy_prediction_chart,
    likeness_chart,
    null_fraction_effect_chart,
)
from confidence_neurons_book.entropy_neurons.plane_charts import TABLE, norm_logit_var_chart

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
        "group": ["entropy neurons"] * 3 + ["others"] * 27,
    }
)
TEXTS = pd.concat(NEURONS.assign(text=text) for text in ("half noise", "clean"))
CHOOSERS = [null_fraction_effect_chart, entropy_prediction_chart, likeness_chart]


@pytest.mark.parametrize("chart", [norm_logit_var_chart(NEURONS), *(c(TEXTS) for c in CHOOSERS)])
def test_charts_are_valid_and_described(chart):
    spec = chart.to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert '"tooltip"' in chart.to_json()
    for panel in spec.get("vconcat", []):
        assert panel.get("width", 0) <= 300


def test_the_brush_fills_a_table_that_fits_a_phone():
    _, table = norm_logit_var_chart(NEURONS).to_dict()["vconcat"]
    assert len(table["hconcat"]) == len(TABLE)
    assert sum(column["width"] for column in table["hconcat"]) <= 280
    for column in table["hconcat"]:
        assert {"filter": {"param": "brush"}} in column["transform"]


def test_logit_var_is_shown_over_its_median():
    (rows,) = norm_logit_var_chart(NEURONS).to_dict()["datasets"].values()
    assert np.median([row["logit_var_share"] for row in rows]) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("chart", CHOOSERS)
def test_a_text_can_be_chosen(chart):
    (param,) = [p for p in chart(TEXTS).to_dict()["params"] if "bind" in p]
    assert param["bind"]["options"] == ["half noise", "clean"]
    assert param["value"] == "half noise"


def test_the_rest_is_grey_and_comes_last():
    encoding = null_fraction_effect_chart(TEXTS).to_dict()["encoding"]
    assert encoding["color"]["scale"]["domain"] == ["entropy neurons", "others"]
    assert encoding["color"]["scale"]["range"][-1] == "#888888"
