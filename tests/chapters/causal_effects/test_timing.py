"""Turn, need and what they save, against formulas on small frames and a tiny model."""

import numpy as np
import pandas as pd
import pytest

import confidence_neurons as cn
from confidence_neurons_book.causal_effects import timing
from confidence_neurons_book.causal_effects.dial import CLOSE


@pytest.fixture(scope="module")
def measured(subject):
    return timing.measured(subject, ablated=("entropy",))


def test_there_is_a_row_for_each_text_group_and_token(subject, measured):
    groups = [*subject.groups, "null part", "whole scale"]
    assert measured.groupby(timing.CELL).size().eq(30).all()
    assert measured["group"].unique().tolist() == groups
    assert measured["text"].unique().tolist() == ["a", "b"]


def test_the_model_as_it_is_reads_as_the_library_reads_it(subject, measured, state):
    told = cn.read(subject.model, state, ("entropy", "loss", "confidence", "right"))
    rows = measured.query("text == 'a' and group == 'random'")
    for name in told:
        assert rows[name].to_numpy() == pytest.approx(told[name].to_numpy(), abs=1e-5)


def test_at_rest_the_stream_stays_and_the_scale_is_that_of_the_rested_run(subject, measured, state):
    level = subject.reference.mean_activations()
    rested = cn.ablate(subject.model, state, [4, 9], to=level)
    told = cn.read(subject.model, state.frozen(rested), ("entropy", "loss"))
    rows = measured.query("text == 'a' and group == 'entropy'")
    assert rows["rest_loss"].to_numpy() == pytest.approx(told["loss"].to_numpy(), abs=1e-5)
    need = told["loss"] - told["entropy"]
    assert rows["need"].to_numpy() == pytest.approx(need.to_numpy(), abs=1e-5)
    loss = cn.read(subject.model, rested, "loss")["loss"]
    assert rows["ablated_loss"].to_numpy() == pytest.approx(loss.to_numpy(), abs=1e-5)
    assert measured.loc[measured["group"] != "entropy", "ablated_loss"].isna().all()


def test_one_temperature_keeps_the_mean_entropy(measured):
    means = measured.groupby(timing.CELL)[["entropy", "one_entropy"]].mean()
    assert (means["entropy"] - means["one_entropy"]).abs().max() < 2 * CLOSE


def made_up(tokens=200):
    random = np.random.default_rng(0)
    turn, entropy = random.normal(size=(2, tokens))
    need = 0.5 * turn + random.normal(size=tokens)
    place = {"model": "m", "text": "t", "group": "g", "sequence": np.arange(tokens) // 20}
    losses = {"loss": 1 + turn, "rest_loss": 3 + need, "one_loss": 2 + entropy}
    return pd.DataFrame({**place, "turn": turn, "need": need, "rest_entropy": entropy, **losses})


def test_rank_correlations_are_spearmans():
    frame = made_up()
    frame["entropy"] = 0.0  # of the model as it is: not what is asked for
    found = timing.rank_correlations(frame).set_index("signal")
    for signal, column in {"need": "need", "entropy": "rest_entropy"}.items():
        expected = frame["turn"].rank().corr(frame[column].rank())
        assert found.loc[signal, "estimate"] == pytest.approx(expected)
    assert found.loc["need", "low"] > 0
    assert found.loc["entropy", "low"] < found.loc["entropy", "high"]


def test_what_is_saved_falls_into_two_parts():
    frame = made_up()
    found = timing.saved(frame).set_index("part")["estimate"]
    assert found["standing"] == pytest.approx((frame["rest_loss"] - frame["one_loss"]).mean())
    assert found["timing"] == pytest.approx((frame["one_loss"] - frame["loss"]).mean())


def test_means_by_text_stand_side_by_side():
    frame = made_up()
    (row,) = timing.by_text(frame).to_dict("records")
    assert row["turn"] == pytest.approx(frame["turn"].mean())
    assert row["need_low"] < row["need"] < row["need_high"]
