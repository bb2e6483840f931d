"""Charts of one model that grows."""

import pandas as pd

from chapters.grow_your_own.grown import grown
from charts.reading import categories, controls, domain, panels, rows_of
from confidence_neurons_book.grow_your_own import growth_charts
from confidence_neurons_book.grow_your_own.known import TEMPERATURES


def course():
    return growth_charts.course_chart(pd.concat(grown()[0].course), title="It grows")


def neurons():
    return growth_charts.neurons_chart(pd.concat(grown()[0].neurons), title="They come")


def against():
    growth, model = grown()
    return growth_charts.against_optimum_chart(growth.text.read(model), title="On the line")


def broken():
    growth, model = grown()
    held = growth.held(model, {"dials": [1], "random": [2]})
    return growth_charts.broken_chart(held, title="Too sure")


CHARTS = {"course": course, "neurons": neurons, "against": against, "broken": broken}


def test_the_course_has_a_panel_for_each_measure_and_no_step_zero():
    assert len(panels(course())) == len(growth_charts.COURSE)
    assert set(rows_of(course(), "step")["step"]) == {20}


def test_the_reader_chooses_the_step_and_begins_at_the_last():
    chosen = controls(neurons())["Step"]
    assert chosen["options"] == [0, 20]
    assert chosen["value"] == 20


def test_each_temperature_has_its_share_of_the_points():
    rows = rows_of(against(), "entropy")
    assert rows["temperature"].value_counts().to_dict() == dict.fromkeys(TEMPERATURES, 200)


def test_held_groups_stand_beside_nothing_in_the_order_of_heat():
    assert domain(broken(), "color")[0] == "nothing"
    assert categories(broken(), "temperature") == list(TEMPERATURES)
    assert controls(broken())["Final scale"]["options"] == ["follows", "frozen"]
