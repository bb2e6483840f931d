"""Charts of effects and mediated shares: valid, described, and driven without Python."""

import itertools

import pandas as pd

from charts.reading import options, rows_of, tooltip_titles
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
    "effects": lambda: total_against_direct(INTERVALS),
    "shares": lambda: share_chart(NEURONS),
}


def test_every_measurement_and_model_can_be_chosen():
    assert options(CHARTS["effects"](), "Measured") == ["entropy, noise", "loss, noise"]
    assert options(CHARTS["shares"](), "Measured") == ["prose", "control"]


def test_effects_have_one_row_per_neuron_with_bounds():
    rows = rows_of(CHARTS["effects"](), "neuron")
    assert len(rows) == 4
    assert rows["total"].tolist() == [0.01, 0.02] * 2
    assert rows["direct_low"].tolist() == [0.005, 0.01] * 2
    assert rows["mediated_high"].tolist() == [0.02, 0.04] * 2


def test_pointing_at_a_neuron_names_it_and_both_effects():
    said = tooltip_titles(CHARTS["effects"]())
    assert {"neuron", "group", "total effect (mean |change|, nats)", "from", "to"} <= said


def test_low_shares_stand_at_the_edge_and_keep_their_value():
    rows = rows_of(CHARTS["shares"](), "neuron")
    assert rows["share"].tolist() == [0.75, LOWEST_SHARE, 0.0]
    assert rows["entropy_ln_mediated"].tolist() == [0.75, -3.0, 0.0]
