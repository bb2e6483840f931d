"""Tables of what began when, and of single steps."""

import pandas as pd
import pytest

from chapters.training_dynamics.growths import growth
from confidence_neurons_book.training_dynamics import tables
from confidence_neurons_book.training_dynamics.records import of

COUNTS = pd.DataFrame(
    {
        "run": "one",
        "step": [0, 10, 55, 100, 1000],
        "measure": "neurons",
        "of": "entropy",
        "estimate": [0, 2, 4, 3, 9],
        "low": None,
    }
)
LOSSES = COUNTS.assign(measure="loss", of="prose", estimate=0.5, low=0.25, high=0.75)
FOUND = pd.concat([COUNTS, LOSSES], ignore_index=True)
RECORDS = {"one": growth(), "other": growth()}


def test_rows_are_picked_by_measure_and_kind_in_the_order_of_the_steps():
    shuffled = FOUND.sample(frac=1, random_state=0)
    assert of(shuffled, "neurons", "entropy", "one")["estimate"].tolist() == [0, 2, 4, 3, 9]
    assert of(shuffled, "neurons", "entropy", "other").empty


def test_entropy_neurons_begin_at_a_step_of_the_growth_record():
    (row,) = tables.defined(FOUND, "one", RECORDS["one"]).to_dict("records")
    assert (row["low"], row["estimate"], row["high"]) == (10, 100, 100)
    assert tables.defined(FOUND, "other", RECORDS["other"]).empty
    assert tables.defined(FOUND.assign(estimate=2), "one", RECORDS["one"]).empty


def test_events_stand_in_the_order_of_the_first_run_and_what_never_begins_says_so():
    table = tables.begun_table(tables.begun(RECORDS, FOUND))
    assert table.columns.tolist() == ["one", "other"]
    assert table.loc["entropy neurons"].tolist() == ["10 to 100", "never"]
    assert table.index[0] == "frequency neurons"
    assert table.loc["induction heads", "one"] == "100 to 1,000"


def test_thresholds_stand_beside_each_other():
    table = tables.threshold_table({"one": growth()})
    assert table.loc["scale answers noise", "one"] == "100 / 100 / 1,000 / 1,000"
    assert table.loc["null space opens", "one"] == "1,000 / never / never / never"


def test_more_snapshots_say_more_closely_when_things_begin():
    series = {
        **tables.CLOSELY,
        "neurons": ("neurons", "entropy"),
    }
    courses = {"smallest singular value": [1, 0.9, 0.5, 0.3, 0.2], "neurons": [0, 1, 2, 3, 4]}
    found = pd.concat(
        pd.DataFrame(
            {"run": "prose", "step": [0, 25, 50, 75, 100], "measure": measure, "of": what}
        ).assign(estimate=courses.get(measure, [0, 0.1, 0.79, 1.6, 2]))
        for measure, what in series.values()
    )
    table = tables.begun_table(
        pd.concat([tables.begun({"one": growth()}, found), tables.closely(found)])
    )
    assert table[tables.CLOSE].to_dict() == {
        "induction heads": "-",
        "frequency neurons": "25 to 50",
        "scale answers noise": "50 to 75",
        "null writers": "25 to 50",
        "null space opens": "50 to 75",
        "entropy neurons": "50 to 75",
    }


def test_the_end_of_a_run_is_a_row():
    table = tables.ends_table({"one": growth()}, {"one": {"entropy": [0]}})
    assert table.loc["one"].tolist() == [pytest.approx(0.9 / 2.45), "3, 3 at 1,000", "1", 4.0, 6.2]


def test_a_table_of_steps_has_intervals_where_there_are_some():
    columns = {"neurons": ("neurons", "entropy"), "loss": ("loss", "prose")}
    table = tables.steps_table(FOUND, columns, [100, 1000], 1)
    assert table.index.tolist() == ["100", "1,000"]
    assert table["neurons"].tolist() == ["3", "9"]
    assert table["loss"].tolist() == ["0.5 [0.2, 0.8]"] * 2


@pytest.mark.parametrize("step", [5, 11_000])
def test_a_step_that_was_not_measured_is_an_error(step):
    with pytest.raises(KeyError):
        tables.steps_table(FOUND, {"loss": ("loss", "prose")}, [step], 2)
