"""Estimates and their intervals as text, and as tables of texts."""

import pandas as pd
import pytest

from confidence_neurons_book.told import spread, told

FOUND = pd.DataFrame(
    {
        "text": ["b", "b", "a", "a"],
        "path": ["second", "first"] * 2,
        "estimate": [0.5, -0.001, 1.0, 2.0],
        "low": [0.4, -0.2, 0.9, 1.5],
        "high": [0.6, 0.2, 1.1, 2.5],
    },
    index=[0, 0, 1, 1],
)


def test_an_interval_follows_its_estimate_and_there_is_no_minus_zero():
    assert told(FOUND)[:2] == ["0.50 [0.40, 0.60]", "0.00 [-0.20, 0.20]"]
    assert told(FOUND, 1)[2] == "1.0 [0.9, 1.1]"


def test_positive_numbers_may_have_a_sign():
    assert told(FOUND, 1, signed=True)[2] == "+1.0 [+0.9, +1.1]"


@pytest.mark.parametrize("rows", ["text", ["text"]])
def test_rows_and_columns_keep_their_order(rows):
    found = spread(FOUND, rows, "path", 1)
    assert found.index.tolist() == ["b", "a"]
    assert found.columns.tolist() == ["second", "first"]
    assert found.loc["a", "first"] == "2.0 [1.5, 2.5]"
    assert found.index.name == "text"
    assert found.columns.name is None


def test_several_names_stand_beside_each_other_in_a_row_and_joined_above_a_column():
    assert spread(FOUND, ["text", "path"], "path").index.tolist()[:2] == [
        ("b", "second"),
        ("b", "first"),
    ]
    assert spread(FOUND, "text", ["path", "text"]).columns[0] == "second, b"
