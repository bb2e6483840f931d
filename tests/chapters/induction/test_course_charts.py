"""Charts of induction: valid, described, narrow, and driven without Python."""

import itertools

import pandas as pd
import pytest

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
        {"text": text, "neuron": neuron, "position": position, "mean": 1, "low": 0, "high": 2}
        for text, neuron, position in itertools.product(["random", "prose"], NEURONS, [1, 3, 5])
    ]
)
OUTPUTS = pd.DataFrame(
    [
        {"text": text, "quantity": quantity, "position": position, "mean": 1, "low": 0, "high": 2}
        for text, quantity, position in itertools.product(
            ["random", "prose"], [*OUTPUT_PANELS, "confidence"], range(1, 6)
        )
    ]
)
CHANGES = pd.DataFrame(
    [
        {"induction": kind, "neuron": neuron, "change": size * neuron, "low": 0.0, "high": 9.0}
        for (kind, size), neuron in itertools.product(
            [("synthetic", -1.0), ("running text", 0.1), ("twice", 0.2)], NEURONS
        )
    ]
)


def course():
    return course_chart(COURSES, OUTPUTS, GROUPS, PERIOD, first=5)


@pytest.mark.parametrize("chart", [heads_chart(HEADS), course(), changes_chart(CHANGES, GROUPS)])
def test_charts_are_valid_and_described(chart):
    spec = chart.to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80


def test_heads_have_a_row_each_and_a_point_for_each_score():
    spec = heads_chart(HEADS).to_dict()
    rows = pd.DataFrame(next(iter(spec["datasets"].values())))
    assert rows["name"].unique().tolist() == ["0.0", "0.1", "0.2", "1.0", "1.1", "1.2"]
    assert len(rows) == len(HEADS) * len(SCORES)
    assert spec["encoding"]["x"]["title"]
    assert spec["encoding"]["tooltip"]


def test_courses_have_panels_that_fit_a_phone():
    panels = course().to_dict()["vconcat"]
    titles = [panel["layer"][-1]["encoding"]["y"]["title"] for panel in panels]
    assert titles == ["activation", *OUTPUT_PANELS.values()]
    assert all(panel["width"] <= 300 for panel in panels)
    assert all(panel["layer"][-1]["encoding"]["tooltip"] for panel in panels)


def test_every_neuron_can_be_chosen_and_small_groups_come_first():
    (menu,) = [p for p in course().to_dict()["params"] if p["name"] == "course_neuron"]
    assert menu["value"] == 5
    assert menu["bind"]["options"] == [1, 5, 0, 2, 3, 4]
    assert menu["bind"]["labels"][:3] == ["1 (entropy)", "5 (frequency)", "0 (others)"]
    with pytest.raises(ValueError, match="expected a neuron"):
        course_chart(COURSES, OUTPUTS, GROUPS, PERIOD, first=6)


def test_courses_are_packed_without_loss():
    datasets = course().to_dict()["datasets"].values()
    packed = [rows for rows in datasets if "neuron" in rows[0]]
    assert len(packed) == 1
    assert len(packed[0]) == 2 * len(NEURONS)
    assert sum(len(row["mean"]) for row in packed[0]) == len(COURSES)
    assert all(row["position"] == [1, 3, 5] for row in packed[0])


def test_changes_pair_each_neuron_with_its_synthetic_change():
    spec = changes_chart(CHANGES, GROUPS).to_dict()
    rows = pd.DataFrame(next(iter(spec["datasets"].values())))
    assert len(rows) == 2 * len(NEURONS)
    assert (rows["synthetic"] == -rows["neuron"]).all()
    twice = rows[rows["induction"] == "twice"]
    assert twice["change"].to_numpy() == pytest.approx(0.2 * twice["neuron"].to_numpy())
    assert rows.set_index("neuron")["group"].loc[1].tolist() == ["entropy"] * 2
    (menu,) = spec["params"]
    assert menu["bind"]["options"] == ["running text", "twice"]
