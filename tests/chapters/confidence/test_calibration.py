"""Calibration with intervals: the error is the library's, luck alone is not zero."""

import numpy as np
import pandas as pd
import pytest

import confidence_neurons as cn
from confidence_neurons_book.confidence import calibration


def said(group, lean, rows=20, tokens=50, seed=0):
    """A forecaster whose first choice is right more often than it says, by so much."""
    draws = np.random.default_rng(seed)
    sure = draws.uniform(0.1, 0.7, rows * tokens)
    right = (draws.uniform(size=len(sure)) < sure + lean).astype(float)
    sequence = np.repeat(np.arange(rows), tokens)
    return pd.DataFrame({"model": group, "sequence": sequence, "confidence": sure, "right": right})


FRAME = pd.concat([said("unsure", 0.2), said("perfect", 0.0, seed=1)])


@pytest.fixture(scope="module")
def found():
    return calibration.calibration_errors(FRAME, ["model"]).set_index("model")


def numbers(text):
    """Estimate, low and high of a text with an interval."""
    return [float(each) for each in text.replace("[", "").replace("]", "").replace(",", "").split()]


def test_the_error_is_the_library_s(found):
    for name, frame in FRAME.groupby("model"):
        expected = cn.expected_calibration_error(cn.reliability(frame))
        estimate, low, high = numbers(found.loc[name, "error"])
        assert estimate == pytest.approx(expected, abs=1e-3)
        assert low < high


def test_lean_is_above_zero_where_the_model_is_not_sure_enough(found):
    assert numbers(found.loc["unsure", "lean"])[0] == pytest.approx(0.2, abs=0.05)
    assert numbers(found.loc["perfect", "lean"])[0] == pytest.approx(0, abs=0.04)


def test_luck_alone_makes_an_error_that_a_perfect_forecaster_has_too(found):
    luck = found["by_luck"]
    assert 0.01 < luck["perfect"] < 0.05
    assert numbers(found.loc["perfect", "error"])[0] < 2 * luck["perfect"]
    assert numbers(found.loc["unsure", "error"])[1] > 2 * luck["unsure"]


def test_bins_hold_what_the_library_s_hold():
    order = ["model", "confidence"]
    table = calibration.reliability_table(FRAME, ["model"]).sort_values(order)
    expected = cn.reliability(FRAME, by="model").sort_values(order)
    expected = expected[expected["tokens"] >= calibration.FEWEST]
    assert table["model"].tolist() == expected["model"].tolist()
    for column in ("confidence", "accuracy", "tokens"):
        assert table[column].tolist() == pytest.approx(expected[column].tolist())
    assert (table["low"] <= table["accuracy"]).all()
    assert (table["accuracy"] <= table["high"]).all()
