"""Reliability tables of planted models, and against a loop."""

import math

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
from confidence_neurons.measure.calibration import expected_calibration_error, reliability


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
    table = reliability(*planted(confidence, right, wrong))
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
    table = reliability(logits, references.tokens_for(3, rows=2, length=6))
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
    table = reliability(logits, tokens, bins)
    expected = references.reliability(logits, tokens, bins)
    assert table.columns.tolist() == ["low", "high", "confidence", "accuracy", "tokens"]
    assert len(table) == len(expected)
    for row, values in zip(table.to_numpy().tolist(), expected, strict=True):
        assert row == pytest.approx(list(values), abs=1e-9)
    assert table["tokens"].sum() == 2 * 7
    assert 0 <= expected_calibration_error(table) <= 1


def test_temperature_makes_a_calibrated_model_too_sure():
    logits, tokens = planted(0.75, 6, 2)
    table = reliability(logits * 3, tokens)
    sure = 0.75**3 / (0.75**3 + 2 * 0.125**3)
    assert expected_calibration_error(table) == pytest.approx(sure - 0.75, abs=1e-5)


def test_no_bins_are_refused():
    with pytest.raises(ValueError, match="got 0"):
        reliability(*planted(0.75, 6, 2), bins=0)


@pytest.mark.parametrize(("logits", "tokens"), [((2, 5, 7), (2, 4)), ((5, 7), (5,))])
def test_logits_and_tokens_of_other_shapes_are_refused(logits, tokens):
    with pytest.raises(ValueError, match="expected"):
        reliability(torch.zeros(logits), torch.zeros(tokens, dtype=torch.long))


def test_rows_without_a_measured_position_are_refused():
    with pytest.raises(ValueError, match="at least 3 positions"):
        reliability(torch.zeros(2, 2, 4), torch.zeros(2, 2, dtype=torch.long))


def test_logits_with_nan_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        reliability(torch.full((1, 4, 3), math.nan), torch.zeros(1, 4, dtype=torch.long))
