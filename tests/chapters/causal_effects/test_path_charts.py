"""Charts of the two paths: valid, described, with the line on which they cancel."""

import pandas as pd
import pytest

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
    "plane": token_plane(TOKENS).to_dict(),
    "bars": decomposition_bars(DECOMPOSITION).to_dict(),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_valid_described_and_narrow(name):
    spec = CHARTS[name]
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert spec["width"] <= 300
    assert any(layer["encoding"].get("tooltip") for layer in spec["layer"])
    assert spec["layer"][0]["encoding"]["x"]["title"]


def test_the_plane_offers_every_neuron_and_holds_only_what_it_shows():
    (param,) = CHARTS["plane"]["params"]
    assert param["bind"]["options"] == ["1 (entropy)", "2 (random)"]
    shown = TOKENS.drop(columns="neuron").to_dict("records")
    assert shown in CHARTS["plane"]["datasets"].values()


def test_the_line_of_cancelling_reaches_as_far_as_the_tokens():
    datasets = CHARTS["plane"]["datasets"].values()
    line = next(pd.DataFrame(data) for data in datasets if "entropy_total" not in data[0])
    assert (line["entropy_direct"] == -line["entropy_indirect"]).all()
    reach = line.groupby("label")["entropy_direct"].max()
    assert reach.to_dict() == {"1 (entropy)": 0.75, "2 (random)": 0.5}


def test_bars_come_with_intervals():
    spec = CHARTS["bars"]
    assert DECOMPOSITION.to_dict("records") in spec["datasets"].values()
    assert spec["layer"][1]["encoding"]["x"]["field"] == "low"
    assert spec["layer"][1]["encoding"]["x2"]["field"] == "high"
