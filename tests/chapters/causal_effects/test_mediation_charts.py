"""Charts of effects and mediated shares: valid, described, and driven without Python."""

import itertools

import pandas as pd
import pytest

from confidence_neurons_book.causal_effects.mediation_charts import (
    LOWEST_SHARE,
    share_chart,
    total_against_direct,
)

INTERVALS = pd.DataFrame(
    [
        {
            "measured": measured,
            "group": group,
            "neuron": neuron,
            "effect": effect,
            "estimate": 0.01 * (neuron + 1),
            "low": 0.005 * (neuron + 1),
            "high": 0.02 * (neuron + 1),
        }
        for measured, (neuron, group), effect in itertools.product(
            ["entropy, noise", "loss, noise"],
            [(0, "entropy"), (1, "random")],
            ["total", "direct", "indirect", "mediated"],
        )
    ]
)
NEURONS = pd.DataFrame(
    {
        "measured": ["prose", "prose", "control"],
        "neuron": [0, 1, 0],
        "null_fraction": [0.9, 0.2, 0.3],
        "entropy_total": [0.02, 0.01, 0.03],
        "entropy_ln_mediated": [0.75, -3.0, 0.0],
    }
)
CHARTS = {
    "effects": total_against_direct(INTERVALS).to_dict(),
    "shares": share_chart(NEURONS).to_dict(),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_valid_described_and_narrow(name):
    spec = CHARTS[name]
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert spec["width"] == "container" or spec["width"] <= 300
    encoding = spec["layer"][-1]["encoding"]
    assert encoding["tooltip"]
    assert encoding["x"]["title"]
    assert encoding["y"]["title"]


def test_every_measurement_and_model_can_be_chosen():
    (measured,) = CHARTS["effects"]["params"]
    assert measured["bind"]["options"] == ["entropy, noise", "loss, noise"]
    (share,) = CHARTS["shares"]["params"]
    assert share["bind"]["options"] == ["prose", "control"]


def test_effects_have_one_row_per_neuron_with_bounds():
    datasets = CHARTS["effects"]["datasets"].values()
    rows = next(pd.DataFrame(data) for data in datasets if "neuron" in data[0])
    assert len(rows) == 4
    assert rows["total"].tolist() == [0.01, 0.02] * 2
    assert rows["direct_low"].tolist() == [0.005, 0.01] * 2
    assert rows["mediated_high"].tolist() == [0.02, 0.04] * 2


def test_low_shares_stand_at_the_edge_and_keep_their_value():
    datasets = CHARTS["shares"]["datasets"].values()
    rows = next(pd.DataFrame(data) for data in datasets if "neuron" in data[0])
    assert rows["share"].tolist() == [0.75, LOWEST_SHARE, 0.0]
    assert rows["entropy_ln_mediated"].tolist() == [0.75, -3.0, 0.0]
