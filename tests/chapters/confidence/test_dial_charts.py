"""Charts of the final scale are described, and hold the rows they were given."""

import numpy as np
import pandas as pd
import pytest

from charts.reading import controls, domain, rows_of
from confidence_neurons_book.confidence import dial, dial_charts

SCALES = pd.concat(
    pd.DataFrame(
        {"model": model, "text": ["clean"] * 30 + ["noise"] * 10, "scale": np.linspace(low, 6, 40)}
    )
    for model, low in {"smollm2": 0.5, "prose": 2.0}.items()
)
ENTROPIES = pd.DataFrame(
    {
        "model": ["smollm2", "smollm2", "prose", "prose"],
        "text": "noise",
        "divided_by": [*dial.SCALES.values()] * 2,
        "estimate": [6.0, 4.0, 6.3, 1.7],
        "low": [5.9, 3.8, 6.2, 1.6],
        "high": [6.1, 4.2, 6.4, 1.8],
    }
)
CHARTS = {
    "scale_histogram": lambda: dial_charts.scale_histogram(SCALES, "Longer on noise"),
    "entropy_with_each_scale": lambda: dial_charts.entropy_with_each_scale(ENTROPIES, "Swapped"),
}


def test_histogram_shares_add_up_to_one_but_for_the_longest_tail():
    shares = rows_of(CHARTS["scale_histogram"]())
    sums = shares.groupby(["model", "text"])["share"].sum().to_dict()
    assert sums == pytest.approx(
        {(model, text): 1 if text == "clean" else 0.9 for model, text in sums}, abs=1e-3
    )
    of_model = shares.groupby("model")
    assert of_model["low"].min().to_dict() == pytest.approx({"prose": 2, "smollm2": 0.5})
    assert (of_model["high"].max() < 6).all()


def test_buttons_choose_the_model():
    assert controls(CHARTS["scale_histogram"]())["Model"]["options"] == ["smollm2", "prose"]


def test_both_scales_are_drawn():
    chart = CHARTS["entropy_with_each_scale"]()
    assert domain(chart, "color") == list(dial.SCALES.values())
    assert sorted(rows_of(chart, "estimate")["estimate"]) == [1.7, 4.0, 6.0, 6.3]
