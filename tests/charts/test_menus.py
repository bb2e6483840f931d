"""Controls, and the rows that they choose."""

from typing import Any

import altair as alt
import pandas as pd
import pytest

from charts.reading import unpacked
from confidence_neurons.charts import buttons, dropdown, slider
from confidence_neurons.charts.menus import MOST_BUTTONS, Chooser, rounded

FRAME = pd.DataFrame(
    {
        "text": ["clean", "clean", "noise", None],
        "rate": [0.0, 0.5, 0.0, 0.5],
        "value": [1.0, float("nan"), 3.0, 4.0],
    }
)


def definition(control: alt.Parameter) -> dict[str, Any]:
    """What Vega is told of a control."""
    assert isinstance(control.param, alt.VariableParameter)
    return control.param.to_dict()


@pytest.mark.parametrize(("control", "kind"), [(buttons, "radio"), (dropdown, "select")])
def test_the_first_option_is_chosen_at_first(control, kind):
    found = definition(control("place", "Place", ["here", "there"]))
    assert found["name"] == "place"
    assert found["value"] == "here"
    assert found["bind"] == {"input": kind, "options": ["here", "there"], "name": "Place: "}


def test_another_option_can_be_chosen_first():
    assert definition(dropdown("place", "Place", [1, 2], initial=2))["value"] == 2
    with pytest.raises(ValueError, match=r"one of \[1, 2\] to be chosen first, got 3"):
        dropdown("place", "Place", [1, 2], initial=3)


def test_a_slider_goes_from_the_least_to_the_greatest():
    bind = definition(slider("rate", "Rate", [1.0, 0.5, 0.0], initial=0.5))
    assert bind["value"] == 0.5
    assert {key: bind["bind"][key] for key in ("min", "max", "step")} == {
        "min": 0.0,
        "max": 1.0,
        "step": 0.5,
    }


@pytest.mark.parametrize("control", [buttons, dropdown, slider])
def test_there_must_be_something_to_choose_from_and_each_once(control):
    with pytest.raises(ValueError, match="at least one of options"):
        control("place", "Place", [])
    with pytest.raises(ValueError, match="each of the options once"):
        control("place", "Place", [1, 1])


def test_few_options_are_buttons_and_many_a_menu():
    few = pd.DataFrame({"text": [str(i) for i in range(MOST_BUTTONS)]})
    many = pd.DataFrame({"text": [str(i) for i in range(MOST_BUTTONS + 1)]})
    kinds = [
        definition(Chooser.of(frame, {"text": "Text"}).parameters[0])["bind"]["input"]
        for frame in (few, many)
    ]
    assert kinds == ["radio", "select"]


def test_what_is_chosen_by_is_packed_and_nothing_is_lost():
    chooser = Chooser.of(FRAME, {"text": "Text"}, {"rate": "Rate"})
    assert len(chooser.parameters) == 2
    spec = chooser.chart(FRAME, ["value"]).mark_point().to_dict()
    (packed,) = spec["datasets"].values()
    assert [row["value"] for row in packed] == [[1.0], [None], [3.0], [4.0]]
    rows = unpacked(pd.DataFrame(packed))
    assert rows["text"].tolist() == ["clean", "clean", "noise", ""]


def test_rows_without_a_value_are_always_shown():
    (test,) = Chooser.of(FRAME, {"text": "Text"}).tests.values()
    assert "=== '' ||" in test
    (test,) = Chooser.of(FRAME.dropna(), {"text": "Text"}).tests.values()
    assert "''" not in test


def test_numbers_keep_four_digits():
    shown = rounded(pd.DataFrame({"value": [0.00123456, 123456.0], "count": [123456, 7]}))
    assert shown["value"].tolist() == [0.001235, 123500.0]
    assert shown["count"].tolist() == [123456, 7]
