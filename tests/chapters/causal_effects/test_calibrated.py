"""Calibration errors of several groups against loops over bins."""

import numpy as np
import pandas as pd
import pytest

from confidence_neurons_book.causal_effects.calibrated import calibration_intervals

GROUPS, TEXTS, SEQUENCES, TOKENS = ("none", "pair", "one"), ("noise", "clean"), 4, 30


@pytest.fixture(scope="module")
def readings():
    """Random confidences, each right about as often as it says."""
    random = np.random.default_rng(0)
    rows = [
        {"text": text, "group": group, "sequence": sequence, "position": position}
        for text in TEXTS
        for group in GROUPS
        for sequence in range(SEQUENCES)
        for position in range(TOKENS)
    ]
    confidence = random.uniform(size=len(rows))
    right = (random.uniform(size=len(rows)) < confidence).astype(float)
    return pd.DataFrame(rows).assign(confidence=confidence, right=right)


def bins(readings):
    """(confidence, accuracy, tokens) of ten bins, one token after the other."""
    members: dict[int, list[tuple[float, float]]] = {}
    for confidence, right in zip(readings["confidence"], readings["right"], strict=True):
        members.setdefault(int(confidence * 10), []).append((confidence, right))
    return [
        (sum(c for c, _ in few) / len(few), sum(r for _, r in few) / len(few), len(few))
        for few in members.values()
    ]


def calibration_error(table):
    tokens = sum(size for _, _, size in table)
    return sum(abs(right - sure) * size for sure, right, size in table) / tokens


def overconfidence(table):
    tokens = sum(size for _, _, size in table)
    return sum((sure - right) * size for sure, right, size in table) / tokens


def test_estimates_and_changes_agree_with_loops(readings):
    frame = calibration_intervals(readings)
    named = frame[["text", "group", "measure"]].to_numpy().tolist()
    measures = {"calibration error": calibration_error, "overconfidence": overconfidence}
    assert named == [[text, group, m] for text in TEXTS for group in GROUPS for m in measures]
    for row in frame.itertuples():
        text = readings[readings["text"] == row.text]
        measure = measures[row.measure]
        expected = measure(bins(text[text["group"] == row.group]))
        untouched = measure(bins(text[text["group"] == "none"]))
        assert row.estimate == pytest.approx(expected)
        assert row.change == pytest.approx(expected - untouched)


def test_the_model_left_alone_does_not_differ_from_itself(readings):
    frame = calibration_intervals(readings)
    changes = frame.loc[frame["group"] == "none", ["change", "change_low", "change_high"]]
    assert changes.abs().max(axis=None) < 1e-12


def test_intervals_hold_what_single_sequences_span():
    rows = [
        {"sequence": sequence, "position": position, "right": float(position <= rights)}
        for sequence, rights in enumerate((7, 15))
        for position in range(1, 21)
    ]
    readings = pd.DataFrame(rows).assign(text="noise", group="none", confidence=0.55)
    over = calibration_intervals(readings).set_index("measure").loc["overconfidence"]
    assert over["estimate"] == pytest.approx(0.0)
    assert over["low"] == pytest.approx(-0.2)
    assert over["high"] == pytest.approx(0.2)


def test_a_change_is_paired_with_the_same_tokens(readings):
    clean = readings[readings["group"] == "none"]
    surer = clean.assign(group="surer", confidence=clean["confidence"] * 0.9)
    frame = calibration_intervals(pd.concat([surer, clean]))
    over = frame[(frame["group"] == "surer") & (frame["measure"] == "overconfidence")]
    assert (over["change"] < 0).all()
    assert (over["change_high"] - over["change_low"] < (over["high"] - over["low"]) / 3).all()
