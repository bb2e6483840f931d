"""Charts of the two paths: valid, described, with the line on which they cancel."""

import pandas as pd

from charts.reading import categories, datasets, domain, options, rows_of, tooltip_titles
from confidence_neurons_book.causal_effects.path_charts import (
    PARTS,
    decomposition_bars,
    token_plane,
)

TOKENS = pd.DataFrame(
    {
        "label": ["1 (entropy)", "1 (entropy)", "2 (random)"],
        "neuron": [1, 1, 2],
        "entropy_direct": [0.125, -0.25, 0.5],
        "entropy_indirect": [0.75, 0.0, -0.5],
        "entropy_total": [0.875, -0.25, 0.0],
    }
)
DECOMPOSITION = pd.DataFrame(
    [
        {"label": label, "effect": effect, "estimate": 0.25, "low": 0.125, "high": 0.5}
        for label in ("1 (entropy)", "2 (random)")
        for effect in PARTS
    ]
)
CHARTS = {
    "plane": lambda: token_plane(TOKENS),
    "bars": lambda: decomposition_bars(DECOMPOSITION),
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


def test_bars_stand_in_the_order_of_the_paths_whatever_order_they_come_in():
    shuffled = decomposition_bars(DECOMPOSITION[::-1])
    assert categories(shuffled, "label") == ["2 (random)", "1 (entropy)"]
    assert domain(shuffled, "color") == PARTS


def test_bars_come_with_intervals():
    rows = rows_of(CHARTS["bars"]())
    assert rows.to_dict("records") == DECOMPOSITION.to_dict("records")
    assert {"from", "to"} <= tooltip_titles(CHARTS["bars"]())
