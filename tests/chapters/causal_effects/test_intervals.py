"""Effects with intervals: estimates by hand, intervals by the bootstrap of their means."""

import numpy as np
import pandas as pd
import pytest
import torch

from confidence_neurons.measure.bootstrap import bootstrap_interval, mediated_share
from confidence_neurons_book.causal_effects.intervals import decomposition, effect_intervals

SEQUENCES, TOKENS = 5, 4


@pytest.fixture
def effects():
    generator = np.random.default_rng(0)
    rows = [
        {"neuron": neuron, "sequence": sequence, "position": position}
        for neuron in (9, 2, 5)  # not in order: the result keeps the order it finds
        for sequence in range(SEQUENCES)
        for position in range(TOKENS)
    ]
    frame = pd.DataFrame(rows)
    for quantity in ("entropy", "loss"):
        for effect in ("total", "direct", "indirect"):
            frame[f"{quantity}_{effect}"] = generator.normal(size=len(frame))
    return frame


def by_hand(effects, neuron, column, absolute):
    values = effects.loc[effects["neuron"] == neuron, column].tolist()
    return sum(abs(value) if absolute else value for value in values) / len(values)


@pytest.mark.parametrize("quantity", ["entropy", "loss"])
def test_estimates_are_means_of_absolute_changes(effects, quantity):
    frame = effect_intervals(effects, quantity)
    assert frame["neuron"].tolist() == [9] * 4 + [2] * 4 + [5] * 4
    assert frame["effect"].tolist() == ["total", "direct", "indirect", "mediated"] * 3
    for neuron in (9, 2, 5):
        rows = frame[frame["neuron"] == neuron].set_index("effect")["estimate"]
        for effect in ("total", "direct", "indirect"):
            expected = by_hand(effects, neuron, f"{quantity}_{effect}", absolute=True)
            assert rows[effect] == pytest.approx(expected)
        assert rows["mediated"] == pytest.approx(1 - rows["direct"] / rows["total"])


def test_intervals_resample_whole_sequences(effects):
    frame = effect_intervals(effects, seed=3)
    first = effects[effects["neuron"] == 9]
    total, direct = (
        torch.tensor(
            [first.loc[first["sequence"] == row, column].abs().mean() for row in range(SEQUENCES)]
        )
        for column in ("entropy_total", "entropy_direct")
    )
    expected = bootstrap_interval(direct, total, statistic=mediated_share, seed=3)
    found = frame[(frame["neuron"] == 9) & (frame["effect"] == "mediated")].iloc[0]
    assert found["low"] == pytest.approx(float(expected.low))
    assert found["high"] == pytest.approx(float(expected.high))
    assert (frame["low"] <= frame["estimate"]).all()
    assert (frame["estimate"] <= frame["high"]).all()


def test_the_parts_add_up_to_the_total(effects):
    frame = decomposition(effects)
    assert frame["effect"].tolist() == ["total", "direct", "indirect", "interaction"] * 3
    for neuron in (9, 2, 5):
        rows = frame[frame["neuron"] == neuron].set_index("effect")["estimate"]
        assert rows["total"] == pytest.approx(
            by_hand(effects, neuron, "entropy_total", absolute=False)
        )
        assert rows["direct"] + rows["indirect"] + rows["interaction"] == pytest.approx(
            rows["total"]
        )


def test_sets_take_the_place_of_neurons(effects):
    named = effects.rename(columns={"neuron": "set"})
    names = {9: "chosen", 2: "control", 5: "other"}
    frame = effect_intervals(named.assign(set=named["set"].map(names)), by="set")
    assert frame["set"].unique().tolist() == ["chosen", "control", "other"]
    assert frame["estimate"].tolist() == effect_intervals(effects)["estimate"].tolist()


@pytest.mark.parametrize("function", [effect_intervals, decomposition])
def test_bad_input_is_refused(effects, function):
    with pytest.raises(ValueError, match="quantity among entropy, loss"):
        function(effects, "kl")
    with pytest.raises(ValueError, match="expected columns entropy_direct"):
        function(effects.drop(columns="entropy_direct"))
    with pytest.raises(ValueError, match="expected columns set"):
        function(effects, by="set")
    with pytest.raises(ValueError, match="at least 2 sequences"):
        function(effects[effects["sequence"] == 0])
