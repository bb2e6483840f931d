"""Charts of what begins when, and of neurons followed."""

import pandas as pd

from chapters.training_dynamics.growths import growth
from charts.reading import controls, domain, panels, rows_of
from confidence_neurons_book.training_dynamics import histories, history_charts
from confidence_neurons_book.training_dynamics.onsets import onsets

ONSETS = pd.concat(onsets(growth()).assign(run=run) for run in ("one", "other"))
FOUND = histories.histories(growth(), {"entropy": [0, 1], "random": [3, 4]}).assign(run="one")
NAMED = histories.named_at(growth(), [0, 1000], 2).assign(run="one")
STEPS = pd.DataFrame({"step": [300, 325], "estimate": [1.0, 2.0], "low": [0.9, 1.9], "high": 2.1})
OPENING = pd.concat(
    STEPS.assign(measure=measure, of=what, run=run)
    for measure, what in history_charts.DRAWN
    for run in ("one", "other")
)
OPENING.loc[OPENING["of"] == "weights", ["low", "high"]] = None
SHARES = pd.concat(STEPS.assign(group=group, run="one") for group in ("entropy", "random"))
CHARTS = {
    "onsets": lambda: history_charts.onsets_chart(ONSETS, title="In order"),
    "opening": lambda: history_charts.opening_chart(OPENING, title="It opens"),
    "mediated": lambda: history_charts.mediated_chart(SHARES, title="Through the scale"),
    "histories": lambda: history_charts.histories_chart(FOUND, title="Going back"),
    "naming": lambda: history_charts.naming_chart(NAMED, title="A bulge"),
}


def test_each_run_has_its_dot_in_the_row_of_an_event():
    assert domain(CHARTS["onsets"](), "color") == ["one", "other"]
    assert len(rows_of(CHARTS["onsets"](), "event")) == len(ONSETS)


def test_the_opening_has_a_panel_for_each_measure_and_its_own_lines():
    chart = CHARTS["opening"]()
    assert len(panels(chart)) == len(history_charts.OPENING)
    lines = rows_of(chart, "line").groupby("panel")["line"].unique()
    assert lines["length"].tolist() == [history_charts.STREAM]
    assert lines["place"].tolist() == ["null at the end", "median at the end"]
    assert controls(chart)["Run"]["options"] == ["one", "other"]


def test_step_zero_is_left_out_of_a_logarithmic_axis():
    for name in ("histories", "naming"):
        assert 0 not in set(rows_of(CHARTS[name](), "step")["step"])


def test_the_reader_chooses_measure_and_step_of_naming():
    assert len(controls(CHARTS["histories"]())["Measure"]["options"]) == 3
    assert controls(CHARTS["naming"]())["Named at step"]["options"] == [0, 1000]


def test_shares_have_a_line_for_each_group():
    assert domain(CHARTS["mediated"](), "color") == ["entropy", "random"]
