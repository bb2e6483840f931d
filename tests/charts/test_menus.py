"""Buttons and menus: the first option at first, and none that choose from nothing."""

import pytest

from confidence_neurons.charts.menus import buttons, menu


@pytest.mark.parametrize(("control", "kind"), [(buttons, "radio"), (menu, "select")])
def test_the_first_option_is_chosen_at_first(control, kind):
    found = control("place", "Place", ["here", "there"]).param.to_dict()
    assert found["name"] == "place"
    assert found["value"] == "here"
    assert found["bind"] == {"input": kind, "options": ["here", "there"], "name": "Place: "}


@pytest.mark.parametrize("control", [buttons, menu])
def test_options_can_be_shown_under_other_names(control):
    found = control("place", "Place", ["a", "b"], labels=["here", "there"]).param.to_dict()
    assert found["bind"]["labels"] == ["here", "there"]
    assert found["value"] == "a"


def test_another_option_can_be_chosen_first():
    assert menu("place", "Place", [1, 2], first=2).param.to_dict()["value"] == 2
    with pytest.raises(ValueError, match=r"one of \[1, 2\] .* in place, got 3"):
        menu("place", "Place", [1, 2], first=3)


@pytest.mark.parametrize("control", [buttons, menu])
def test_there_must_be_something_to_choose_from(control):
    with pytest.raises(ValueError, match="options to choose place from"):
        control("place", "Place", [])
