"""Charts of responses: valid, described, and driven without Python."""

import itertools

import pandas as pd

from charts.reading import axis_titles, categories, domain, options, rows_of
from confidence_neurons_book.induction.course_charts import PANELS, course_chart, responses_chart

NUMBERS = {"estimate": 1.0, "low": 0.0, "high": 2.0}
COURSES = pd.DataFrame(
    [
        {"text": text, "neuron": neuron, "position": position, **NUMBERS}
        for text, neuron, position in itertools.product(["passages", "noise"], [8, 3], [1, 3, 5])
    ]
)
OUTPUTS = pd.DataFrame(
    [
        {"text": text, "quantity": quantity, "position": position, **NUMBERS}
        for text, quantity, position in itertools.product(
            ["passages", "noise"], ["entropy", "loss"], [1, 3, 5]
        )
    ]
)
KINDS = ["first copy", "second copy"]
RESPONSES = pd.DataFrame(
    [{"neuron": neuron, "kind": kind, **NUMBERS} for neuron in (8, 3) for kind in KINDS]
)
CHARTS = {
    "course": lambda: course_chart(COURSES, OUTPUTS, 3, title="It rises"),
    "responses": lambda: responses_chart(RESPONSES, KINDS, "activation", title="It falls"),
}


def test_courses_have_a_panel_for_each_quantity():
    assert axis_titles(CHARTS["course"](), "y") == list(PANELS.values())


def test_every_neuron_can_be_chosen_and_outputs_stay():
    chart = CHARTS["course"]()
    assert options(chart, "Neuron of the last layer") == ["8", "3"]
    rows = rows_of(chart, "estimate")
    assert len(rows[rows["quantity"] == "activation"]) == len(COURSES)
    outputs = rows[rows["quantity"] != "activation"]
    assert len(outputs) == len(OUTPUTS)
    assert set(outputs["neuron"]) == {""}


def test_responses_have_a_row_for_each_neuron_and_a_mark_for_each_kind():
    chart = CHARTS["responses"]()
    assert categories(chart, "neuron") == ["8", "3"]
    assert domain(chart, "color") == KINDS
    assert len(rows_of(chart, "kind")) == len(RESPONSES)
