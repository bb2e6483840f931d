"""Averages over what groups of neurons do, against plain means."""

import numpy as np
import pandas as pd
import pytest

from confidence_neurons_book.frequency_direction.averages import (
    EFFECTS,
    effect_sizes,
    interactions,
)

SEQUENCES, TOKENS = 4, 5
QUANTITIES = ("entropy", "kl", "kl_reverse")


def changes(groups=("a", "b", "both")):
    """Random changes for a few groups, 4 sequences of 5 tokens each."""
    random = np.random.default_rng(0)
    columns = [f"{quantity}_{path}" for quantity in QUANTITIES for path in EFFECTS]
    frames = [
        pd.DataFrame(
            {
                "group": group,
                "sequence": np.repeat(np.arange(SEQUENCES), TOKENS),
                "position": np.tile(np.arange(1, TOKENS + 1), SEQUENCES),
            }
            | {name: random.normal(size=SEQUENCES * TOKENS) for name in columns}
        )
        for group in groups
    ]
    return pd.concat(frames, ignore_index=True)


def test_effect_sizes_are_means_of_absolute_values():
    frame = changes()
    found = effect_sizes(frame, QUANTITIES).set_index(["group", "quantity", "effect"])
    assert len(found) == 3 * len(QUANTITIES) * len(EFFECTS)
    for group, part in frame.groupby("group"):
        for quantity in QUANTITIES:
            for path, effect in EFFECTS.items():
                values = [abs(value) for value in part[f"{quantity}_{path}"]]
                row = found.loc[(group, quantity, effect)]
                assert row["estimate"] == pytest.approx(sum(values) / len(values))
                assert row["low"] < row["estimate"] < row["high"]


def test_the_interaction_is_joint_minus_sum():
    frame = changes()
    found = interactions(frame, [("a", "b", "both")], ["entropy", "kl"])
    assert found["pair"].unique().tolist() == ["both"]
    rows = found.set_index(["quantity", "effect"])["estimate"]
    for quantity in ("entropy", "kl"):
        means = frame.groupby("group")[f"{quantity}_total"].mean()
        assert rows[quantity, "sum"] == pytest.approx(means["a"] + means["b"])
        assert rows[quantity, "joint"] == pytest.approx(means["both"])
        gap = means["both"] - means["a"] - means["b"]
        assert rows[quantity, "interaction"] == pytest.approx(gap)


def test_what_adds_up_token_by_token_does_not_interact():
    apart = changes(("a", "b"))
    one, other = (part.reset_index(drop=True) for _, part in apart.groupby("group"))
    joint = one.assign(group="both", entropy_total=one["entropy_total"] + other["entropy_total"])
    found = interactions(pd.concat([apart, joint]), [("a", "b", "both")], ["entropy"])
    row = found.set_index("effect").loc["interaction"]
    assert [row["estimate"], row["low"], row["high"]] == pytest.approx([0, 0, 0], abs=1e-12)
    assert found.set_index("effect").loc["sum", "high"] > 0
