"""Charts of writing: valid, described, and driven without Python."""

import itertools

import pandas as pd
import pytest

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


@pytest.mark.parametrize("chart", [sweep_chart(SWEEP), effects_chart(EFFECTS)])
def test_charts_are_valid_described_and_narrow(chart):
    spec = chart.to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    for panel in spec["vconcat"]:
        assert panel["width"] <= 300
        encoding = panel["layer"][0]["encoding"] if "layer" in panel else panel["encoding"]
        assert encoding["tooltip"]
        assert encoding["x"]["title"]
        assert encoding["y"]["title"]


def test_sweep_offers_every_model_direction_and_strength():
    params = {param["name"]: param for param in sweep_chart(SWEEP).to_dict()["params"]}
    assert params["sweep_model"]["bind"]["options"] == ["prose", "control"]
    assert params["sweep_direction"]["bind"]["options"] == ["first", "last"]
    slider = params["sweep_strength"]["bind"]
    assert (slider["min"], slider["max"], slider["step"]) == (-0.5, 0.5, 0.5)
    assert params["sweep_strength"]["value"] == 0


def test_sweep_is_packed_once_without_loss():
    datasets = list(sweep_chart(SWEEP).to_dict()["datasets"].values())
    assert len(datasets) == 1
    assert len(datasets[0]) == len(SWEEP) / len(TOKENS)
    assert all(row["token"] == TOKENS for row in datasets[0])


def test_first_direction_can_be_chosen():
    params = sweep_chart(SWEEP, first_direction="last").to_dict()["params"]
    assert [param["value"] for param in params if param["name"] == "sweep_direction"] == ["last"]
    with pytest.raises(ValueError, match="to be chosen first in sweep_direction"):
        sweep_chart(SWEEP, first_direction="none")


def test_effects_have_a_panel_for_each_measure_and_exact_nulls_at_the_edge():
    spec = effects_chart(EFFECTS).to_dict()
    titles = [panel["encoding"]["y"]["title"] for panel in spec["vconcat"]]
    assert titles == list(PANELS.values())
    rows = pd.DataFrame(next(iter(spec["datasets"].values())))
    assert set(rows[rows["kind"] == "exact null"]["shown"]) == {2.0}
    assert len(rows) == len(EFFECTS)
