"""Calibration without sets of neurons, against the plain tables and against loops."""

import pandas as pd
import pytest

import references
import references_mediation
from confidence_neurons.measure.calibration import expected_calibration_error, reliability
from confidence_neurons.model.state import run_final
from confidence_neurons_book.causal_effects.calibrated import (
    calibration_by_sequence,
    calibration_intervals,
    pooled_reliability,
)
from confidence_neurons_book.causal_effects.sets import ablated_set, mean_level

SETS = {"pair": [3, 40], "one": [7]}


@pytest.fixture(scope="module")
def setting():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for(rows=4)
    return model, tokens, calibration_by_sequence(model, tokens, SETS)


def bins(frame, name, sequence=None):
    part = frame[frame["set"] == name]
    if sequence is not None:
        part = part[part["sequence"] == sequence]
    return list(zip(part["confidence"], part["accuracy"], part["tokens"], strict=True))


def test_pooled_tables_are_those_of_all_rows_at_once(setting):
    model, tokens, frame = setting
    pooled = pooled_reliability(frame)
    assert pooled["set"].unique().tolist() == ["none", "pair", "one"]
    state = run_final(model, tokens)
    logits = {"none": model(tokens)} | {
        name: ablated_set(model, state, neurons, mean_level(state))
        for name, neurons in SETS.items()
    }
    for name, values in logits.items():
        expected = reliability(values.detach(), tokens)
        found = pooled[pooled["set"] == name].drop(columns="set").reset_index(drop=True)
        pd.testing.assert_frame_equal(found, expected, atol=1e-6)


def test_a_frozen_scale_and_a_reference_make_a_difference(setting):
    model, tokens, frame = setting
    frozen = calibration_by_sequence(model, tokens, SETS, frozen=True)
    other = calibration_by_sequence(
        model, tokens, SETS, reference=references.tokens_for(rows=2, seed=5)
    )
    for changed in (frozen, other):
        assert bins(changed, "none") == bins(frame, "none")
        assert bins(changed, "pair") != bins(frame, "pair")


def test_estimates_agree_with_loops(setting):
    *_, frame = setting
    pooled = pooled_reliability(frame)
    intervals = calibration_intervals(frame)
    assert intervals["set"].tolist() == ["none", "none", "pair", "pair", "one", "one"]
    for name in ("none", "pair", "one"):
        rows = intervals[intervals["set"] == name].set_index("measure")
        error, over = rows.loc["calibration error"], rows.loc["overconfidence"]
        expected = references_mediation.calibration_error(bins(pooled, name))
        assert error["estimate"] == pytest.approx(expected)
        assert error["estimate"] == pytest.approx(
            expected_calibration_error(pooled[pooled["set"] == name])
        )
        assert over["estimate"] == pytest.approx(
            references_mediation.overconfidence(bins(frame, name))
        )
        clean = references_mediation.overconfidence(bins(frame, "none"))
        assert over["change"] == pytest.approx(over["estimate"] - clean)
        assert over["low"] <= over["estimate"] <= over["high"]


def test_the_model_left_alone_does_not_differ_from_itself(setting):
    *_, frame = setting
    rows = calibration_intervals(frame)
    rows = rows[rows["set"] == "none"]
    assert rows[["change", "change_low", "change_high"]].abs().max(axis=None) < 1e-12


def test_intervals_hold_what_single_sequences_span():
    frame = pd.DataFrame(
        {
            "set": "none",
            "sequence": [0, 1],
            "low": 0.5,
            "high": 0.6,
            "confidence": [0.55, 0.55],
            "accuracy": [0.35, 0.75],
            "tokens": [10, 10],
        }
    )
    over = calibration_intervals(frame).set_index("measure").loc["overconfidence"]
    assert over["estimate"] == pytest.approx(0.0)
    assert over["low"] == pytest.approx(-0.2)
    assert over["high"] == pytest.approx(0.2)


def test_a_set_called_none_is_refused(setting):
    model, tokens, _ = setting
    with pytest.raises(ValueError, match="other names than 'none'"):
        calibration_by_sequence(model, tokens, {"none": [1]})
