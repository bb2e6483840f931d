"""Intervals as text, side by side."""

import pandas as pd

from confidence_neurons_book.frequency_direction.telling import beside_each_other, told

FOUND = pd.DataFrame(
    {
        "text": ["b", "b", "a", "a"],
        "path": ["second", "first"] * 2,
        "estimate": [0.5, -0.001, 1.0, 2.0],
        "low": [0.4, -0.2, 0.9, 1.5],
        "high": [0.6, 0.2, 1.1, 2.5],
    }
)


def test_an_interval_as_text():
    assert told(FOUND)[:2] == ["0.50 [0.40, 0.60]", "0.00 [-0.20, 0.20]"]
    assert told(FOUND, 1)[2] == "1.0 [0.9, 1.1]"


def test_rows_and_columns_keep_their_order():
    found = beside_each_other(FOUND, "text", "path", digits=1)
    assert found.index.tolist() == ["b", "a"]
    assert found.columns.tolist() == ["second", "first"]
    assert found.loc["a", "first"] == "2.0 [1.5, 2.5]"
