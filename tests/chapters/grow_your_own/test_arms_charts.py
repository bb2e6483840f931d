"""Charts of the experiments."""

import pandas as pd

from charts.reading import categories, controls, panels, rows_of, spec_of
from confidence_neurons_book.grow_your_own import arms, arms_charts


def doses():
    return arms_charts.doses_chart(*arms.doses(), title="By degrees", first=0.1)


def copies():
    found = [
        arms.breaks({"confidence": name}).assign(whose=whose)
        for whose, name in (("models", "confidence"), ("optimum", "optimal_confidence"))
    ]
    return arms_charts.copies_chart(pd.concat(found), title="Less sure")


CHARTS = {
    "places": lambda: arms_charts.places_chart(arms.places(), title="Where"),
    "carried": lambda: arms_charts.carried_chart(arms.by_kind("scale ratio"), title="Which"),
    "doses": doses,
    "copies": copies,
}


def test_the_reader_chooses_measure_and_training():
    assert controls(CHARTS["places"]())["Measure"]["options"] == list(arms.PLACES)
    assert "repeats" in controls(CHARTS["carried"]())["Trained with"]["options"]


def test_the_slider_has_a_stop_for_each_dose():
    chart = doses()
    (slider,) = [each for each in spec_of(chart)["params"] if "bind" in each]
    assert (slider["bind"]["min"], slider["bind"]["max"]) == (0, len(arms.DOSES) - 1)
    assert slider["value"] == list(arms.DOSES.values()).index(0.1)
    assert len(panels(chart)) == 2


def test_all_seeds_have_a_line_at_each_dose():
    rows = rows_of(doses(), "relative")
    assert rows.groupby("number")["seed"].nunique().tolist() == [3] * len(arms.DOSES)


def test_copies_stand_in_the_order_of_their_breaks():
    assert categories(copies(), "arm") == ["0 %", "3 %", "10 %", "30 %", "anywhere"]
