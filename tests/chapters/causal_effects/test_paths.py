"""Effects along each path: estimates by hand, intervals by the bootstrap of sequences' means."""

import numpy as np
import pandas as pd
import pytest
import torch

from confidence_neurons.measure.bootstrap import bootstrap_interval
from confidence_neurons_book.causal_effects.paths import effect_intervals, layer_summary

NEURONS, SEQUENCES, TOKENS = (9, 2, 5), 5, 4  # not in order: the result keeps the order it finds


@pytest.fixture
def effects():
    places = [(n, s, p) for n in NEURONS for s in range(SEQUENCES) for p in range(TOKENS)]
    frame = pd.DataFrame(places, columns=["neuron", "sequence", "position"])
    draw = np.random.default_rng(0).normal
    names = [f"{q}_{path}" for q in ("entropy", "loss") for path in ("total", "direct", "indirect")]
    return frame.assign(**{name: draw(size=len(frame)) for name in names})


def values(effects, neuron, column):
    return effects.loc[effects["neuron"] == neuron, column].tolist()


def test_estimates_are_means_of_absolute_changes(effects):
    frame = effect_intervals(effects)
    assert frame["neuron"].tolist() == [9] * 4 + [2] * 4 + [5] * 4
    assert frame["effect"].tolist() == ["total", "direct", "indirect", "mediated"] * 3
    for neuron in NEURONS:
        rows = frame[frame["neuron"] == neuron].set_index("effect")["estimate"]
        for effect in ("total", "direct", "indirect"):
            sizes = [abs(value) for value in values(effects, neuron, f"entropy_{effect}")]
            assert rows[effect] == pytest.approx(sum(sizes) / len(sizes))
        assert rows["mediated"] == pytest.approx(1 - rows["direct"] / rows["total"])


def test_the_share_is_a_ratio_of_means_over_resampled_sequences(effects):
    found = effect_intervals(effects).query("neuron == 9 and effect == 'mediated'").iloc[0]
    direct, total = (
        torch.tensor(values(effects, 9, f"entropy_{path}")).abs().reshape(SEQUENCES, TOKENS).mean(1)
        for path in ("direct", "total")
    )
    expected = bootstrap_interval(direct, total, statistic=lambda d, t: 1 - d / t)
    assert found["low"] == pytest.approx(float(expected.low))
    assert found["high"] == pytest.approx(float(expected.high))


def test_the_layer_in_short():
    scans = pd.DataFrame(
        {
            "model": ["m", "m", "m", "m", "n"],
            "entropy_ln_mediated": [-0.5, 0.25, 0.5, -1.0, 0.75],
            "entropy_total": [1.0, 2.0, 3.0, 2.0, 1.0],
            "entropy_direct": [1.5, 1.5, 1.0, 0.0, 0.25],
            "loss_total": [1.0, 1.0, 1.0, 1.0, 1.0],
            "loss_direct": [2.0, 2.0, 2.0, 2.0, 1.0],
        }
    )
    first, second = layer_summary(scans).to_dict("records")
    assert first["share below 0"] == "50%"
    assert first["median share"] == -0.125
    assert first["total / direct, entropy"] == 2.0
    assert first["total / direct, loss"] == 0.5
    assert second["neurons"] == 1


def test_groups_take_the_place_of_neurons(effects):
    names = {9: "chosen", 2: "control", 5: "other"}
    grouped = effects.assign(group=effects["neuron"].map(names))
    frame = effect_intervals(grouped, by="group")
    assert frame["group"].unique().tolist() == ["chosen", "control", "other"]
    assert frame["estimate"].tolist() == effect_intervals(effects)["estimate"].tolist()
