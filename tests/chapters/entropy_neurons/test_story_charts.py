"""Charts of stories: valid, described, narrow, and driven without Python."""

import itertools

import pandas as pd
import pytest

from charts.reading import datasets, domain, options, rows_of
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
            "token": f"␣{text}",
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
        {"neuron": n, "loss": 2.0, "loss_total": 0.1, "entropy_total": 0.1, "rank": 2.0}
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
        for neuron, group in ((7, "entropy"), (3, "random"))
    ]
)
CHARTS = {
    "story": lambda: story_chart(STORIES, LABELS),
    "losses": lambda: loss_change_chart(EFFECTS, LABELS),
    "prediction": lambda: prediction_chart(PREDICTIONS),
    "noise": lambda: noise_chart(ACTIVATIONS),
}


def test_the_story_has_a_panel_per_text_that_fits_a_phone():
    spec = CHARTS["story"]().to_dict()
    assert [panel["title"]["text"] for panel in spec["vconcat"]] == ["clean", "noise"]
    assert all(panel["width"] <= 300 for panel in spec["vconcat"])


def test_the_story_is_driven_by_a_neuron_and_a_measure():
    assert options(CHARTS["story"](), "Neuron") == list(LABELS.values())
    assert options(CHARTS["story"](), "Colour") == list(MEASURES.values())


def test_the_story_is_shaded_by_each_neurons_largest_value():
    rows = pd.concat(datasets(CHARTS["story"]()))
    assert len(rows) == len(STORIES)
    for _, of_neuron in rows.groupby("label"):
        for measure in MEASURES:
            shares = of_neuron[f"{measure} as a share"].abs()
            assert shares.max() == 1
            largest = of_neuron[measure].abs().max()
            assert shares.to_numpy() == pytest.approx(of_neuron[measure].abs() / largest, abs=1e-3)


def test_a_neuron_that_does_nothing_has_no_ground():
    still = story_chart(STORIES.assign(activation=0.0), LABELS)
    assert set(rows_of(still)["activation as a share"]) == {0.0}


def test_losses_have_a_menu_and_keep_every_token():
    assert options(CHARTS["losses"](), "Neuron") == list(LABELS.values())
    assert rows_of(CHARTS["losses"]()).groupby("label").size().tolist() == [4, 4]


def test_the_right_token_is_marked_in_every_state():
    rows = rows_of(CHARTS["prediction"]())
    assert set(rows["shown"]) == {"␣1", "␣2 (next)"}
    assert domain(CHARTS["prediction"](), "color") == [WITH, WITHOUT, FROZEN]


def test_each_neuron_has_a_line_on_the_way_to_noise():
    rows = rows_of(CHARTS["noise"]())
    assert rows[ACTIVATIONS.columns].to_dict("records") == ACTIVATIONS.to_dict("records")
