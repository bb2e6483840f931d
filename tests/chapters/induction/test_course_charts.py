"""Charts of induction: valid, described, narrow, and driven without Python."""

import itertools

import pandas as pd
import pytest

from charts.reading import (
    axis_titles,
    categories,
    controls,
    domain,
    options,
    rows_of,
    widths,
)
from confidence_neurons_book.induction.course_charts import (
    OUTPUT_PANELS,
    SCORES,
    changes_chart,
    course_chart,
    heads_chart,
)

PERIOD = 3
NEURONS = range(6)
GROUPS = pd.Series(["others", "entropy", "others", "others", "others", "frequency"], index=NEURONS)
HEADS = pd.DataFrame(
    [(layer, head, 0.5, 0.2, 0.1) for layer in range(2) for head in range(3)],
    columns=["layer", "head", *SCORES],
)
COURSES = pd.DataFrame(
    [
        {"text": text, "neuron": neuron, "position": position, "estimate": 1, "low": 0, "high": 2}
        for text, neuron, position in itertools.product(["random", "prose"], NEURONS, [1, 3, 5])
    ]
)
OUTPUTS = pd.DataFrame(
    [
        {
            "text": text,
            "quantity": quantity,
            "position": position,
            "estimate": 1,
            "low": 0,
            "high": 2,
        }
        for text, quantity, position in itertools.product(
            ["random", "prose"], [*OUTPUT_PANELS, "confidence"], range(1, 6)
        )
    ]
)
CHANGES = pd.DataFrame(
    [
        {"induction": kind, "neuron": neuron, "estimate": size * neuron, "low": 0.0, "high": 9.0}
        for (kind, size), neuron in itertools.product(
            [("synthetic", -1.0), ("running text", 0.1), ("twice", 0.2)], NEURONS
        )
    ]
)
CHARTS = {
    "heads": lambda: heads_chart(HEADS),
    "course": lambda: course_chart(COURSES, OUTPUTS, GROUPS, PERIOD, first=5),
    "changes": lambda: changes_chart(CHANGES, GROUPS),
}


def test_heads_have_a_row_each_and_a_point_for_each_score():
    rows = rows_of(CHARTS["heads"]())
    assert categories(CHARTS["heads"](), "name") == ["0.0", "0.1", "0.2", "1.0", "1.1", "1.2"]
    assert len(rows) == len(HEADS) * len(SCORES)
    assert domain(CHARTS["heads"](), "color") == list(SCORES.values())


def test_courses_have_panels_that_fit_a_phone():
    assert axis_titles(CHARTS["course"](), "y") == ["activation", *OUTPUT_PANELS.values()]
    assert all(width <= 300 for width in widths(CHARTS["course"]()))


def test_every_neuron_can_be_chosen_and_small_groups_come_first():
    menu = controls(CHARTS["course"]())["Neuron"]
    assert menu["value"] == "5 (frequency)"
    assert menu["options"][:3] == ["1 (entropy)", "5 (frequency)", "0 (others)"]
    assert len(menu["options"]) == len(NEURONS)


def test_courses_keep_every_position_of_every_neuron_and_output():
    rows = rows_of(CHARTS["course"](), "estimate")
    activations = rows[rows["quantity"] == "activation"]
    assert len(activations) == len(COURSES)
    assert activations.groupby("label").size().tolist() == [6] * len(NEURONS)
    outputs = rows[rows["quantity"] != "activation"]
    assert set(outputs["quantity"]) == set(OUTPUT_PANELS)
    assert set(outputs["label"]) == {""}  # shown whichever neuron is chosen


def test_changes_pair_each_neuron_with_its_synthetic_change():
    chart = CHARTS["changes"]()
    rows = rows_of(chart)
    assert len(rows) == 2 * len(NEURONS)
    assert (rows["synthetic"] == -rows["neuron"]).all()
    twice = rows[rows["induction"] == "twice"]
    assert twice["estimate"].to_numpy() == pytest.approx(0.2 * twice["neuron"].to_numpy())
    assert rows.set_index("neuron")["group"].loc[1].tolist() == ["entropy"] * 2
    assert options(chart, "Compared with") == ["running text", "twice"]


def test_only_neurons_of_a_group_have_an_interval():
    rows = rows_of(CHARTS["changes"]())
    assert rows[rows["group"] == "others"]["high"].isna().all()
    assert (rows[rows["group"] != "others"]["high"] == 9).all()
