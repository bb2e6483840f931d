"""Charts of ablations on repeats: valid, described, narrow; nothing is lost or NaN."""

import itertools
import json

import pandas as pd
import pytest

from confidence_neurons_book.induction.break_charts import BREAK_PANELS, breaks_chart, doses_chart
from confidence_neurons_book.induction.effect_charts import (
    CLIP_PANELS,
    HEAD_PANELS,
    clip_chart,
    heads_effect_chart,
    sets_chart,
)

NUMBERS = {"clean": 1.0, "ablated": 3.0, "change": 2.0, "low": 1.5, "high": 2.5}
CLIP = pd.DataFrame(
    [
        {"experiment": experiment, "set": name, "quantity": quantity, "neuron": neuron, **NUMBERS}
        for experiment, name, quantity, neuron in itertools.product(
            ["up", "down"], ["entropy", "random"], [*CLIP_PANELS, "scale"], [4, 7, None]
        )
    ]
).astype({"neuron": "Int64"})
HEADS = pd.DataFrame(
    [
        {"set": name, "kind": kind, "quantity": quantity, "neuron": neuron, **NUMBERS}
        for (name, kind), (quantity, neuron) in itertools.product(
            [("induction heads", "several"), ("head 0.0", "one head")],
            [("loss", None), ("entropy", None), ("activation", 4), ("activation", 7)],
        )
    ]
).astype({"neuron": "Int64"})
SETS = pd.DataFrame(
    [
        {"experiment": experiment, "set": name, "size": 3, "quantity": quantity, **NUMBERS}
        for experiment, name, quantity in itertools.product(
            ["up", "down"], ["crowd", "control"], ["entropy", "loss", "scale"]
        )
    ]
)
SET_PANELS = {"entropy": "entropy (nats)", "loss": "loss (nats)"}
AROUND = pd.DataFrame(
    [
        {"sequence": name, "offset": offset, "quantity": q, "mean": 1.0, "low": 0.5, "high": 2.0}
        for name, offset, q in itertools.product(
            ["broken", "unbroken"], range(-2, 2), [*BREAK_PANELS, "wrong"]
        )
    ]
)
DOSES = pd.DataFrame(
    [
        {"set": s, "dose": d, "place": p, "loss": 1.0, "low": 0.5, "high": 2.0, "confidence": 0.5}
        for s, d, p in itertools.product(["entropy", "control"], [0, 1], ["break", "elsewhere"])
    ]
)
CHARTS = {
    "clip": clip_chart(CLIP),
    "heads": heads_effect_chart(HEADS),
    "sets": sets_chart(SETS, SET_PANELS, "Sets"),
    "breaks": breaks_chart(AROUND, level=3.0),
    "doses": doses_chart(DOSES),
}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_charts_are_valid_described_and_narrow(chart):
    spec = chart.to_dict()
    json.dumps(spec, allow_nan=False)
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    for panel in spec["vconcat"]:
        assert panel["width"] <= 300
        encodings = [layer["encoding"] for layer in panel["layer"]]
        assert any("tooltip" in encoding for encoding in encodings)
        for axis in ("x", "y"):
            assert any(encoding.get(axis, {}).get("title") for encoding in encodings) or axis == "y"


@pytest.mark.parametrize(
    ("name", "panels"),
    [
        ("clip", CLIP_PANELS),
        ("sets", SET_PANELS),
        ("heads", HEAD_PANELS),
        ("breaks", BREAK_PANELS),
    ],
)
def test_each_quantity_has_its_panel(name, panels):
    assert len(CHARTS[name].to_dict()["vconcat"]) == len(panels)


def rows_of(name):
    datasets = CHARTS[name].to_dict()["datasets"].values()
    return pd.DataFrame(max(datasets, key=len))


def test_single_neurons_and_whole_sets_are_told_apart():
    rows = rows_of("clip")
    assert len(rows) == 2 * 2 * 3 * len(CLIP_PANELS)
    assert set(rows.loc[rows["ablated neurons"] == "one neuron", "neuron"]) == {"4", "7"}
    assert set(rows.loc[rows["ablated neurons"] == "all of the set", "neuron"]) == {"all"}


def test_experiments_and_neurons_can_be_chosen():
    (menu,) = CHARTS["clip"].to_dict()["params"]
    assert menu["bind"]["options"] == ["up", "down"]
    (menu,) = CHARTS["sets"].to_dict()["params"]
    assert menu["bind"]["options"] == ["up", "down"]
    (menu,) = CHARTS["heads"].to_dict()["params"]
    assert menu["bind"]["options"] == ["4", "7"]
    assert menu["value"] == "4"


@pytest.mark.parametrize("name", ["heads", "sets"])
def test_intervals_stand_around_the_change(name):
    rows = rows_of(name)
    assert (rows["low"] < rows["change"]).all()
    assert (rows["change"] < rows["high"]).all()
    assert (rows["ablated"] - rows["clean"] == rows["change"]).all()


def test_the_level_of_the_first_copy_is_marked_beside_the_activations_only():
    panels = CHARTS["breaks"].to_dict()["vconcat"]
    marked = [len(panel["layer"]) == 3 for panel in panels]
    assert marked == [name == "activation" for name in BREAK_PANELS]
