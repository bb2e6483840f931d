"""The timeline: frames, controls, panels."""

from chapters.training_dynamics.growths import growth
from charts.reading import controls, domain, panels, rows_of
from confidence_neurons_book.training_dynamics.timeline import Timeline
from confidence_neurons_book.training_dynamics.timeline_charts import timeline_chart

GROUPS = {"entropy": [0, 1], "frequency": [4]}
RECORDS = {"one": growth(), "other": growth()}
TIMELINE = Timeline.of(
    RECORDS, {"one": GROUPS, "other": {"entropy": [], "frequency": [2]}}, [0, 100, 1000]
)
CHARTS = {"timeline": lambda: timeline_chart(TIMELINE, title="All opens", first=1)}


def test_lines_have_all_steps_and_the_slider_stops_at_some():
    assert sorted(TIMELINE.ratios["step"].unique()) == [0, 10, 100, 1000]
    assert TIMELINE.snapshots["step"].tolist() == [0, 100, 1000]
    assert set(TIMELINE.neurons["snapshot"]) == {0, 1, 2}


def test_the_quietest_direction_has_place_one():
    last = TIMELINE.spectra.query("run == 'one' and snapshot == 2").set_index("place")["relative"]
    assert last.idxmin() == 1
    assert len(last) == 3


def test_neurons_have_their_groups_and_the_size_of_their_cosine():
    last = TIMELINE.neurons.query("run == 'one' and snapshot == 2").set_index("neuron")
    assert last["group"].tolist() == [
        "entropy",
        "entropy",
        "others",
        "others",
        "frequency",
        "others",
    ]
    assert last["cosine"].tolist() == [0.1, 0.2, 0.7, 0.7, 0.7, 0.1]


def test_a_slider_and_a_choice_of_run_drive_four_panels():
    chart = CHARTS["timeline"]()
    assert len(panels(chart)) == 4
    assert controls(chart)["Run"]["options"] == ["one", "other"]
    slide = controls(chart)["Snapshot"]
    assert (slide["min"], slide["max"], slide["step"], slide["value"]) == (0, 2, 1, 1)


def test_named_neurons_are_drawn_apart_from_the_others():
    chart = CHARTS["timeline"]()
    assert len(rows_of(chart, "group")) == 3 * 4
    assert domain(chart, "shape") == ["entropy", "frequency"]
