"""Charts of the two paths: valid, described, with the lines on which they cancel or agree."""

import pandas as pd

from charts.reading import datasets, domain, options, rows_of, title_of, tooltip_titles
from confidence_neurons_book.causal_effects.path_charts import token_plane, total_against_direct

TOKENS = pd.DataFrame(
    {
        "label": ["1 (entropy)", "1 (entropy)", "2 (random)"],
        "neuron": [1, 1, 2],
        "entropy_direct": [0.125, -0.25, 0.5],
        "entropy_indirect": [0.75, 0.0, -0.5],
        "entropy_total": [0.875, -0.25, 0.0],
    }
)
LAYER = pd.DataFrame(
    {
        "model": ["m", "m", "n"],
        "group": ["entropy", "others", "others"],
        "neuron": [3, 4, 3],
        "entropy_total": [0.5, 0.25, 0.125],
        "entropy_direct": [0.125, 0.5, 0.25],
        "entropy_ln_mediated": [0.75, -1.0, -1.0],
    }
)
CHARTS = {
    "plane": lambda: token_plane(TOKENS, "Upright"),
    "layer": lambda: total_against_direct(LAYER, "Above the line"),
}


def test_the_plane_offers_every_neuron_and_keeps_every_token():
    plane = CHARTS["plane"]()
    assert options(plane, "Neuron") == ["1 (entropy)", "2 (random)"]
    rows = rows_of(plane, "entropy_total")
    assert rows[TOKENS.columns.drop("neuron")].to_dict("list") == TOKENS.drop(
        columns="neuron"
    ).to_dict("list")


def test_the_line_of_cancelling_reaches_as_far_as_the_tokens():
    (line,) = [each for each in datasets(CHARTS["plane"]()) if "entropy_total" not in each]
    assert (line["entropy_direct"] == -line["entropy_indirect"]).all()
    reach = line.groupby("label")["entropy_direct"].max()
    assert reach.to_dict() == {"1 (entropy)": 0.75, "2 (random)": 0.5}


def test_the_layer_offers_every_model_and_names_its_neurons():
    layer = CHARTS["layer"]()
    assert options(layer, "Model") == ["m", "n"]
    assert domain(layer, "color") == ["entropy", "others"]
    assert {"neuron", "LN-mediated share"} <= tooltip_titles(layer)
    assert title_of(layer) == "Above the line"
