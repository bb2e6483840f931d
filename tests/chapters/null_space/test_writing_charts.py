"""Charts of writing: valid, described, and driven without Python."""

import itertools

import pandas as pd
import pytest

from charts.reading import axis_titles, controls, domain, rows_of
from confidence_neurons_book.null_space.writing_charts import PANELS, effects_chart, sweep_chart

TOKENS = ["␣the", "␣a", "(all others)"]
SWEEP = pd.DataFrame(
    [
        {
            "model": model,
            "direction": direction,
            "strength": strength,
            "entropy": 3 + strength,
            "scale_ratio": 1 + strength,
            "kl": 0.1,
            "token": token,
            "probability": 1 / 3,
        }
        for model, direction, strength, token in itertools.product(
            ["prose", "control"], ["first", "last"], [-0.5, 0.0, 0.5], TOKENS
        )
    ]
)
EFFECTS = pd.DataFrame(
    [
        {
            "model": model,
            "direction": direction,
            "kind": kind,
            "effect": effect,
            "logit_change": change,
            "scale_ratio": 1.1,
            "entropy_change": 0.2,
            "kl": 0.1,
            "argmax_changed": 0.05,
        }
        for model in ("prose", "control")
        for direction, (kind, change) in enumerate([("visible", 4.0), ("exact null", 1e-7)])
        for effect in ("total", "direct")
    ]
)
CHARTS = {
    "sweep": lambda: sweep_chart(SWEEP),
    "effects": lambda: effects_chart(EFFECTS),
}


def test_sweep_offers_every_model_direction_and_strength():
    found = controls(CHARTS["sweep"]())
    assert found["Model"]["options"] == ["prose", "control"]
    assert found["Direction"]["options"] == ["first", "last"]
    slider = found["Strength"]
    assert (slider["min"], slider["max"], slider["step"]) == (-0.5, 0.5, 0.5)
    assert slider["value"] == 0


def test_sweep_keeps_every_token_of_every_step():
    rows = rows_of(CHARTS["sweep"](), "token")
    assert len(rows) == len(SWEEP)
    steps = rows.groupby(["model", "direction", "strength"])["token"].apply(list)
    assert all(tokens == TOKENS for tokens in steps)
    curve = rows_of(CHARTS["sweep"](), "entropy")
    assert len(curve) == len(SWEEP) / len(TOKENS)


def test_first_direction_can_be_chosen():
    assert controls(sweep_chart(SWEEP, "last"))["Direction"]["value"] == "last"
    with pytest.raises(ValueError, match="to be chosen first"):
        sweep_chart(SWEEP, first_direction="none")


def test_effects_have_a_panel_for_each_measure_and_exact_nulls_at_the_edge():
    chart = CHARTS["effects"]()
    assert axis_titles(chart, "y") == list(PANELS.values())
    rows = rows_of(chart)
    assert set(rows[rows["kind"] == "exact null"]["shown"]) == {2.0}
    assert len(rows) == len(EFFECTS)
    assert domain(chart, "color") == ["total", "direct"]
