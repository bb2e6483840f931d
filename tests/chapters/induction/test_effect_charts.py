"""Charts of ablations on repeats: valid, described, narrow; nothing is lost or NaN."""

import itertools

import pandas as pd
import pytest

from charts.reading import axis_titles, datasets, options, rows_of, widths
from confidence_neurons_book.induction.break_charts import BREAK_PANELS, breaks_chart, doses_chart
from confidence_neurons_book.induction.effect_charts import (
    CLIP_PANELS,
    HEAD_PANELS,
    clip_chart,
    heads_effect_chart,
    sets_chart,
)

NUMBERS = {"clean": 1.0, "ablated": 3.0, "estimate": 2.0, "low": 1.5, "high": 2.5}
CLIP = pd.DataFrame(
    [
        {"experiment": experiment, "group": name, "quantity": quantity, "neuron": neuron, **NUMBERS}
        for experiment, name, quantity, neuron in itertools.product(
            ["up", "down"], ["entropy", "random"], [*CLIP_PANELS, "scale"], [4, 7, None]
        )
    ]
).astype({"neuron": "Int64"})
HEADS = pd.DataFrame(
    [
        {"group": name, "kind": kind, "quantity": quantity, "neuron": neuron, **NUMBERS}
        for (name, kind), (quantity, neuron) in itertools.product(
            [("induction heads", "several"), ("head 0.0", "one head")],
            [("loss", None), ("entropy", None), ("activation", 4), ("activation", 7)],
        )
    ]
).astype({"neuron": "Int64"})
SETS = pd.DataFrame(
    [
        {"experiment": experiment, "group": name, "size": 3, "quantity": quantity, **NUMBERS}
        for experiment, name, quantity in itertools.product(
            ["up", "down"], ["crowd", "control"], ["entropy", "loss", "scale"]
        )
    ]
)
SET_PANELS = {"entropy": "entropy (nats)", "loss": "loss (nats)"}
AROUND = pd.DataFrame(
    [
        {
            "sequence": name,
            "offset": offset,
            "quantity": q,
            "estimate": 1.0,
            "low": 0.5,
            "high": 2.0,
        }
        for name, offset, q in itertools.product(
            ["broken", "unbroken"], range(-2, 2), [*BREAK_PANELS, "wrong"]
        )
    ]
)
DOSES = pd.DataFrame(
    [
        {
            "group": s,
            "dose": d,
            "place": p,
            "estimate": 1.0,
            "low": 0.5,
            "high": 2.0,
            "confidence": 0.5,
        }
        for s, d, p in itertools.product(["entropy", "control"], [0, 1], ["break", "elsewhere"])
    ]
)
CHARTS = {
    "clip": lambda: clip_chart(CLIP),
    "heads": lambda: heads_effect_chart(HEADS),
    "sets": lambda: sets_chart(SETS, SET_PANELS, "Sets"),
    "breaks": lambda: breaks_chart(AROUND, level=3.0),
    "doses": lambda: doses_chart(DOSES),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_narrow(name):
    assert all(width <= 300 for width in widths(CHARTS[name]()))


@pytest.mark.parametrize(
    ("name", "channel", "panels"),
    [
        ("clip", "x", CLIP_PANELS),
        ("sets", "x", SET_PANELS),
        ("heads", "x", HEAD_PANELS),
        ("breaks", "y", BREAK_PANELS),
    ],
)
def test_each_quantity_has_its_panel_and_no_other_is_there(name, channel, panels):
    assert axis_titles(CHARTS[name](), channel) == list(panels.values())
    assert set(rows_of(CHARTS[name](), "quantity")["quantity"]) == set(panels)


def test_each_place_of_the_doses_has_a_panel_with_its_name():
    titles = [panel["title"]["text"] for panel in CHARTS["doses"]().to_dict()["vconcat"]]
    assert titles == ["break", "elsewhere"]


def test_single_neurons_and_whole_groups_are_told_apart():
    rows = rows_of(CHARTS["clip"]())
    assert len(rows) == 2 * 2 * 3 * len(CLIP_PANELS)
    assert set(rows.loc[rows["ablated neurons"] == "one neuron", "neuron"]) == {"4", "7"}
    assert set(rows.loc[rows["ablated neurons"] == "all of the group", "neuron"]) == {"all"}


def test_experiments_and_neurons_can_be_chosen():
    assert options(CHARTS["clip"](), "Experiment") == ["up", "down"]
    assert options(CHARTS["sets"](), "Experiment") == ["up", "down"]
    assert options(CHARTS["heads"](), "Neuron") == ["4", "7"]


def test_loss_and_entropy_are_shown_whichever_neuron_is_chosen():
    rows = rows_of(CHARTS["heads"]())
    assert set(rows[rows["quantity"] != "activation"]["neuron"]) == {""}
    assert set(rows[rows["quantity"] == "activation"]["neuron"]) == {"4", "7"}


@pytest.mark.parametrize("name", ["heads", "sets"])
def test_intervals_stand_around_the_change(name):
    rows = rows_of(CHARTS[name](), "estimate").query("clean.notna()")
    assert (rows["low"] < rows["estimate"]).all()
    assert (rows["estimate"] < rows["high"]).all()
    assert (rows["ablated"] - rows["clean"] == rows["estimate"]).all()


def test_the_level_of_the_first_copy_is_marked_beside_the_activations_only():
    (rule,) = [each for each in datasets(CHARTS["breaks"]()) if "rule" in each]
    assert rule["estimate"].tolist() == [3.0]
    panels = CHARTS["breaks"]().to_dict()["vconcat"]
    marked = [any(each["mark"]["type"] == "rule" for each in panel["layer"]) for panel in panels]
    assert marked == [name == "activation" for name in BREAK_PANELS]
