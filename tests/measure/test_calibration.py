"""Reliability tables of planted models, and against a loop."""

import math

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
from confidence_neurons.measure.calibration import expected_calibration_error, reliability
from confidence_neurons.measure.outputs import read_logits


def reliability_of(logits: torch.Tensor, tokens: torch.Tensor, bins: int = 10) -> pd.DataFrame:
    """The table of all positions but the first and the last."""
    read = read_logits(logits[:, 1:-1], tokens[:, 2:], ("confidence", "right"))
    frame = pd.DataFrame({name: values.flatten().double() for name, values in read.items()})
    return reliability(frame, bins=bins)


def planted(confidence: float, right: int, wrong: int) -> tuple[torch.Tensor, torch.Tensor]:
    """One row whose model gives token 1 this probability at each place; it comes `right` times.

    The places that may not count, the first and the last, are sure and wrong.
    """
    rest = (1 - confidence) / 2
    place = torch.tensor([rest, confidence, rest]).log()
    extreme = torch.tensor([0.0, -40.0, -40.0])
    logits = torch.stack([extreme, *[place] * (right + wrong), extreme])
    tokens = torch.tensor([0, 1, *[1] * right, *[2] * wrong])
    return logits[None], tokens[None]


@pytest.mark.parametrize(
    ("confidence", "right", "wrong"), [(0.75, 6, 2), (0.55, 11, 9), (0.95, 19, 1), (0.35, 7, 13)]
)
def test_a_perfectly_calibrated_model_has_no_error(confidence, right, wrong):
    table = reliability_of(*planted(confidence, right, wrong))
    assert len(table) == 1
    row = table.iloc[0]
    assert row["confidence"] == pytest.approx(confidence, abs=1e-6)
    assert row["accuracy"] == pytest.approx(confidence)
    assert row["tokens"] == right + wrong
    assert row["low"] <= confidence < row["high"]
    assert expected_calibration_error(table) == pytest.approx(0, abs=1e-6)


def test_a_model_that_is_sure_and_always_wrong_has_the_worst_error():
    logits = torch.full((2, 6, 4), -60.0)
    logits[:, :, 3] = 60.0
    table = reliability_of(logits, references.tokens_for(3, rows=2, length=6))
    assert table.to_dict("records") == [
        {"low": 0.9, "high": 1.0, "confidence": 1.0, "accuracy": 0.0, "tokens": 8}
    ]
    assert expected_calibration_error(table) == pytest.approx(1)


def test_the_error_weighs_bins_by_their_tokens():
    table = pd.DataFrame({"confidence": [0.25, 0.75], "accuracy": [0.5, 0.75], "tokens": [10, 30]})
    assert expected_calibration_error(table) == pytest.approx(0.25 * 10 / 40)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 15), st.sampled_from([0.1, 2.0, 20.0]))
def test_the_table_agrees_with_a_loop(seed, bins, spread):
    generator = torch.Generator().manual_seed(seed)
    logits = spread * torch.randn(2, 9, 5, generator=generator, dtype=torch.float64)
    tokens = references.tokens_for(5, rows=2, length=9, seed=seed)
    table = reliability_of(logits, tokens, bins)
    expected = references.reliability(logits, tokens, bins)
    assert table.columns.tolist() == ["low", "high", "confidence", "accuracy", "tokens"]
    assert len(table) == len(expected)
    for row, values in zip(table.to_numpy().tolist(), expected, strict=True):
        assert row == pytest.approx(list(values), abs=1e-9)
    assert table["tokens"].sum() == 2 * 7
    assert 0 <= expected_calibration_error(table) <= 1


def test_temperature_makes_a_calibrated_model_too_sure():
    logits, tokens = planted(0.75, 6, 2)
    table = reliability_of(logits * 3, tokens)
    sure = 0.75**3 / (0.75**3 + 2 * 0.125**3)
    assert expected_calibration_error(table) == pytest.approx(sure - 0.75, abs=1e-5)


def test_groups_have_tables_of_their_own_in_their_first_order():
    frame = pd.DataFrame(
        {
            "group": ["b", "a", "b", "a"],
            "confidence": [0.95, 0.2, 0.1, 0.3],
            "right": [1.0, 0.0, 1.0, 1.0],
        }
    )
    table = reliability(frame, "group", bins=2)
    assert table["group"].tolist() == ["b", "b", "a"]
    for name, part in frame.groupby("group"):
        alone = reliability(part, bins=2)
        same = table[table["group"] == name].drop(columns="group").reset_index(drop=True)
        pd.testing.assert_frame_equal(same, alone)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"confidence": [0.5]}, "with right"),
        ({"confidence": [7.0], "right": [1.0]}, "'confidence' from 0 to 1, got 7\\.0 to 7\\.0"),
        ({"confidence": [0.5], "right": [-3.0]}, "'right' from 0 to 1, got -3"),
        ({"confidence": [math.nan], "right": [1.0]}, "'confidence' from 0 to 1"),
    ],
)
def test_what_are_no_probabilities_is_refused(frame, message):
    with pytest.raises(ValueError, match=message):
        reliability(pd.DataFrame(frame))


def test_an_error_of_what_is_no_table_is_refused():
    table = pd.DataFrame({"confidence": [0.5], "accuracy": [-3.0], "tokens": [4]})
    with pytest.raises(ValueError, match="'accuracy' from 0 to 1"):
        expected_calibration_error(table)
