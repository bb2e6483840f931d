"""Groups of neurons: means against loops, intervals, ranks."""

import numpy as np
import pandas as pd
import pytest

from confidence_neurons_book.entropy_neurons.group_effects import group_effects, loss_by_rank

GROUPS = {"chosen": [4, 2], "control": [7]}
SEQUENCES, POSITIONS = 5, 6


@pytest.fixture(scope="module")
def effects():
    generator = np.random.default_rng(0)
    ranks = generator.choice([1, 2, 10, 11, 100, 101, 400], (SEQUENCES, POSITIONS))
    rows = [
        {
            "neuron": neuron,
            "sequence": sequence,
            "position": position,
            "reciprocal_rank": np.float32(1 / ranks[sequence, position]),
            "entropy_total": generator.normal(),
            "kl_from_clean": generator.random(),
            "argmax_changed": float(generator.random() < 0.3),
            "loss_total": generator.normal(),
        }
        for neuron in (2, 4, 7, 9)
        for sequence in range(SEQUENCES)
        for position in range(POSITIONS)
    ]
    return pd.DataFrame(rows)


def test_estimates_are_means_of_absolute_values(effects):
    frame = group_effects(effects, GROUPS)
    assert len(frame) == 2 * 3
    for row in frame.itertuples():
        values = [
            abs(each[row.measure])
            for _, each in effects.iterrows()
            if each["neuron"] in GROUPS[row.group]
        ]
        assert row.estimate == pytest.approx(sum(values) / len(values))
        assert row.low <= row.estimate <= row.high


def test_equal_sequences_leave_no_doubt(effects):
    first = effects[effects["sequence"] == 0]
    copies = pd.concat(first.assign(sequence=sequence) for sequence in range(4))
    frame = group_effects(copies, GROUPS)
    assert frame["low"].to_numpy() == pytest.approx(frame["high"].to_numpy())


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("first choice", 1, 1),
        ("ranks 2 to 10", 2, 10),
        ("ranks 11 to 100", 11, 100),
        ("later ranks", 101, 999),
    ],
)
def test_losses_keep_their_sign_within_bands_of_ranks(effects, name, low, high):
    frame = loss_by_rank(effects, GROUPS)
    for group, neurons in GROUPS.items():
        values = [
            each["loss_total"]
            for _, each in effects.iterrows()
            if each["neuron"] in neurons and low <= round(1 / each["reciprocal_rank"]) <= high
        ]
        here = (frame["group"] == group) & (frame["rank"] == name)
        found = frame.loc[here, "estimate"].item()
        assert found == pytest.approx(sum(values) / len(values))


def test_every_rank_falls_into_one_band():
    ranks = np.arange(1, 2049)
    effects = pd.DataFrame(
        {
            "neuron": 0,
            "sequence": ranks % 2,
            "reciprocal_rank": (1 / ranks).astype(np.float32),
            "loss_total": 1.0,
        }
    )
    frame = loss_by_rank(effects, {"one": [0]})
    assert frame["estimate"].to_numpy() == pytest.approx(1)


@pytest.mark.parametrize("measure", [group_effects, loss_by_rank])
@pytest.mark.parametrize("neurons", [[], [2, 5]])
def test_groups_that_were_not_measured_are_refused(effects, measure, neurons):
    with pytest.raises(ValueError, match="measured neurons"):
        measure(effects, {"some": neurons})
