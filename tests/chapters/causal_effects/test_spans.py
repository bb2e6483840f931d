"""Estimates and intervals as text."""

import pandas as pd

from confidence_neurons_book.causal_effects.spans import spans, spread

FRAME = pd.DataFrame(
    {
        "text": ["b", "b", "a", "a"],
        "group": ["x", "y", "x", "y"],
        "estimate": [0.12345, -0.00001, 1.0, 2.0],
        "low": [0.1, -0.1, 0.5, 1.5],
        "high": [0.2, 0.1, 1.5, 2.5],
    },
    index=[0, 0, 1, 1],
)


def test_an_interval_follows_its_estimate():
    assert spans(FRAME).iloc[0] == "0.123 (0.100 to 0.200)"
    assert spans(FRAME, 1, signed=True).iloc[2] == "+1.0 (+0.5 to +1.5)"


def test_there_is_no_minus_zero():
    assert spans(FRAME, 2).iloc[1] == "0.00 (-0.10 to 0.10)"


def test_a_table_keeps_the_order_of_rows_and_columns():
    table = spread(FRAME, ["text"], ["group"], digits=1)
    assert table.index.tolist() == ["b", "a"]
    assert table.columns.tolist() == ["x", "y"]
    assert table.loc["a", "y"] == "2.0 (1.5 to 2.5)"
    assert table.index.name == "text"


def test_several_columns_name_a_row_together():
    assert spread(FRAME, ["text", "group"], ["group"]).index[0] == "b, x"
