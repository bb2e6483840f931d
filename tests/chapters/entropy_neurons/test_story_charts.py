"""Charts of stories: valid, described, narrow, and driven without Python."""

import itertools

import pandas as pd
import pytest

from confidence_neurons_book.entropy_neurons.stories import FROZEN, WITH, WITHOUT
from confidence_neurons_book.entropy_neurons.story_charts import (
    MEASURES,
    loss_change_chart,
    noise_chart,
    prediction_chart,
    story_chart,
)

LABELS = {7: "7 (entropy neuron)", 3: "3 (control)"}
STORIES = pd.DataFrame(
    [
        {
            "text": text,
            "neuron": neuron,
            "position": position,
            "token": "␣word",
            "line": position // 2,
            "start": 5 * (position % 2),
            "end": 5 * (position % 2) + 5,
            "activation": 0.5 * position,
            "entropy": 3.0,
            "entropy_added": 0.01 * position,
            "loss_added": -0.02,
        }
        for text, neuron, position in itertools.product(["clean", "noise"], LABELS, range(6))
    ]
)
EFFECTS = pd.DataFrame(
    [
        {"neuron": n, "loss": 2.0, "loss_total": 0.1, "entropy_total": 0.1, "reciprocal_rank": 0.5}
        for n in LABELS
        for _ in range(4)
    ]
)
PREDICTIONS = pd.DataFrame(
    [
        {
            "state": state,
            "rank": rank,
            "token": f"␣{rank}",
            "probability": 0.3,
            "target": rank == 2,
            "entropy": 2.0,
        }
        for state in (WITH, WITHOUT, FROZEN)
        for rank in (1, 2)
    ]
)
ACTIVATIONS = pd.DataFrame(
    [
        {"rate": rate, "neuron": neuron, "activation": rate, "group": group}
        for rate in (0.0, 0.5)
        for neuron, group in ((7, "entropy neurons"), (3, "random"))
    ]
)
CHARTS = [
    story_chart(STORIES, LABELS),
    loss_change_chart(EFFECTS, LABELS),
    prediction_chart(PREDICTIONS),
    noise_chart(ACTIVATIONS),
]


def params(chart):
    return {param["name"]: param for param in chart.to_dict()["params"]}


@pytest.mark.parametrize("chart", CHARTS)
def test_charts_are_valid_and_described(chart):
    spec = chart.to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert '"tooltip"' in chart.to_json()


def test_the_story_has_a_panel_per_text_that_fits_a_phone():
    spec = CHARTS[0].to_dict()
    assert [panel["title"]["text"] for panel in spec["vconcat"]] == ["clean", "noise"]
    assert all(panel["width"] <= 300 for panel in spec["vconcat"])


def test_the_story_is_driven_by_a_neuron_and_a_measure():
    chosen = params(CHARTS[0])
    assert chosen["story_neuron"]["bind"]["options"] == list(LABELS.values())
    assert chosen["story_measure"]["bind"]["options"] == list(MEASURES)


def test_the_story_is_packed_without_loss_and_shaded_by_each_neurons_largest_value():
    (rows,) = CHARTS[0].to_dict()["datasets"].values()
    assert [row["label"] for row in rows] == list(LABELS.values())
    for row in rows:
        assert len(row["token"]) == 12
        for measure in MEASURES:
            assert max(map(abs, row[measure])) == row[f"{measure}_largest"]


def test_a_neuron_that_does_nothing_is_left_white():
    still = STORIES.assign(activation=0.0)
    (rows,) = story_chart(still, LABELS).to_dict()["datasets"].values()
    assert set(rows[0]["activation"]) == {0.0}
    assert rows[0]["activation_largest"] == 1


def test_losses_have_a_menu_and_keep_every_token():
    assert params(CHARTS[1])["loss_neuron"]["bind"]["options"] == list(LABELS.values())
    (rows,) = CHARTS[1].to_dict()["datasets"].values()
    assert [len(row["loss"]) for row in rows] == [4, 4]


def test_the_right_token_is_marked():
    (rows,) = CHARTS[2].to_dict()["datasets"].values()
    assert {row["shown"] for row in rows} == {"␣1", "␣2 (next)"}
