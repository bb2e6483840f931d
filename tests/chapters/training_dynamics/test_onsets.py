"""What begins when: crossings, and the criteria of each event."""

import pandas as pd
import pytest

from chapters.training_dynamics.growths import STEPS, growth
from confidence_neurons_book.training_dynamics import onsets

RISING = pd.Series([0.0, 0.2, 0.6, 0.4, 0.9], index=[0, 16, 21, 28, 36])


@pytest.mark.parametrize(
    ("threshold", "rising", "expected"),
    [
        (0.5, True, (16, 21)),
        (0.6, True, (28, 36)),
        (0.9, True, None),
        (-1.0, True, (0, 0)),
        (0.1, False, (0, 0)),
        (0.0, False, None),
    ],
)
def test_the_first_crossing_counts(threshold, rising, expected):
    assert onsets.crossing(RISING, threshold, rising=rising) == expected


def test_a_measure_has_a_row_for_each_step_and_a_column_for_each_index():
    values = onsets.by_step(growth(), "null_fraction")
    assert values.index.tolist() == STEPS
    assert values.loc[1000].tolist() == [0.9, 0.8, 0.7, 0.1, 0.2, 0.3]


def test_singular_values_that_are_zero_by_construction_are_left_out():
    heard = onsets.relative_spectrum(growth())
    assert heard.shape == (4, 3)
    assert heard.loc[1000].min() == pytest.approx(0.9 / 2.45)


def test_the_events_begin_where_their_criteria_say():
    found = onsets.onsets(growth()).set_index("event")
    expected = {
        "frequency neurons": (0, 10),
        "scale answers noise": (10, 100),
        "null writers": (100, 1000),
        "induction heads": (100, 1000),
    }
    steps = {event: (row["low"], row["estimate"]) for event, row in found.iterrows()}
    assert steps == expected
    assert (found["high"] == found["estimate"]).all()


def test_other_thresholds_move_the_onsets():
    loose = onsets.onsets(growth(), threshold=0).set_index("event")["estimate"]
    strict = onsets.onsets(growth(), threshold=2).set_index("event")["estimate"]
    assert loose["null space opens"] == 1000
    assert loose["null writers"] == 1000
    assert set(strict.index) == {"scale answers noise", "induction heads"}
    assert strict["scale answers noise"] == 1000


@pytest.mark.parametrize("event", onsets.EVENTS, ids=lambda event: event.name)
def test_thresholds_stand_in_order(event):
    loose, own, strict = event.thresholds
    assert (own - loose) * (strict - own) > 0
