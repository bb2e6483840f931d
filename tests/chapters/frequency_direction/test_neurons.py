"""Choosing frequency neurons, and averages over their effects, against plain loops."""

import numpy as np
import pandas as pd
import pytest

from confidence_neurons_book.frequency_direction.neurons import (
    effect_sizes,
    frequency_neurons,
    interactions,
    mean_changes,
    mediated_shares,
)

RANDOM = np.random.default_rng(0)
SEQUENCES, TOKENS = 4, 5


def changes(sets=("a", "b", "both")):
    """Random changes of entropy and kl for a few sets, 4 sequences of 5 tokens each."""
    frames = []
    for name in sets:
        frame = pd.DataFrame(
            {
                "set": name,
                "sequence": np.repeat(np.arange(SEQUENCES), TOKENS),
                "position": np.tile(np.arange(1, TOKENS + 1), SEQUENCES),
            }
        )
        for quantity in ("entropy", "kl", "kl_reverse"):
            for kind in ("total", "direct", "direct_frequency"):
                frame[f"{quantity}_{kind}"] = RANDOM.normal(size=len(frame))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


CHANGES = changes()


def test_frequency_neurons_write_along_u_and_do_something():
    effects = pd.DataFrame(
        {
            "neuron": [10, 11, 12, 13, 14, 15],
            "frequency_cosine": [0.8, -0.9, 0.74, 0.99, 0.1, 0.0],
            "entropy_total": [0.2, 0.3, 0.5, 0.001, 0.01, 0.02],
        }
    )
    assert frequency_neurons(effects) == [11, 10]


def test_effect_sizes_are_means_of_absolute_values():
    found = effect_sizes(CHANGES, ["kl"])
    assert list(found["effect"].unique()) == ["total", "scale frozen", "projection restored"]
    for row in found.itertuples():
        kind = {"total": "total", "scale frozen": "direct"}.get(row.effect, "direct_frequency")
        values = CHANGES[CHANGES["set"] == row.set][f"kl_{kind}"]
        assert row.estimate == pytest.approx(sum(abs(v) for v in values) / len(values))
        assert row.low <= row.estimate <= row.high


def test_mediated_shares_are_ratios_of_means_of_the_quantity_itself():
    found = mediated_shares(CHANGES, ["kl", "kl_reverse"]).set_index(["set", "quantity", "path"])
    for name in ("a", "b"):
        part = CHANGES[CHANGES["set"] == name]
        for quantity in ("kl", "kl_reverse"):
            total = part[f"{quantity}_total"].abs().mean()
            for kind, path in (("direct", "scale"), ("direct_frequency", "frequency direction")):
                expected = 1 - part[f"{quantity}_{kind}"].abs().mean() / total
                assert found.loc[(name, quantity, path), "estimate"] == pytest.approx(expected)


def test_mean_changes_weigh_each_token_of_a_label_alike():
    labels = pd.Series((["x"] * 3 + ["y"] + [None]) * SEQUENCES)
    found = mean_changes(CHANGES, ["entropy"], labels).set_index(["set", "label"])
    for name in ("a", "b", "both"):
        values = CHANGES[CHANGES["set"] == name]["entropy_total"].to_numpy()
        for label, count in (("x", 12), ("y", 4)):
            expected = values[(labels == label).to_numpy()].mean()
            assert found.loc[(name, label), "estimate"] == pytest.approx(expected)
            assert found.loc[(name, label), "tokens"] == count


def test_a_label_that_stands_in_one_sequence_only_still_has_its_mean():
    labels = pd.Series(["x", *["y"] * (SEQUENCES * TOKENS - 1)])
    found = mean_changes(CHANGES, ["entropy"], labels).set_index(["set", "label"])
    first = CHANGES[CHANGES["set"] == "a"]["entropy_total"].iloc[0]
    assert found.loc[("a", "x"), "estimate"] == pytest.approx(first)


def test_the_interaction_is_joint_minus_sum():
    found = interactions(CHANGES, [("a", "b", "both")], ["entropy"]).set_index("effect")
    means = CHANGES.groupby("set")["entropy_total"].mean()
    assert found.loc["sum", "estimate"] == pytest.approx(means["a"] + means["b"])
    assert found.loc["joint", "estimate"] == pytest.approx(means["both"])
    gap = means["both"] - means["a"] - means["b"]
    assert found.loc["interaction", "estimate"] == pytest.approx(gap)
    assert set(found["pair"]) == {"both"}


def test_what_adds_up_does_not_interact():
    exact = changes(("a", "b"))
    joint = exact[exact["set"] == "a"].copy()
    other = exact[exact["set"] == "b"]
    joint["entropy_total"] += other["entropy_total"].to_numpy()
    frame = pd.concat([exact, joint.assign(set="both")])
    found = interactions(frame, [("a", "b", "both")], ["entropy"]).set_index("effect")
    row = found.loc["interaction"]
    assert [row["estimate"], row["low"], row["high"]] == pytest.approx([0, 0, 0], abs=1e-12)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="a label for each of 20 measured tokens, got 3"):
        mean_changes(CHANGES, ["entropy"], pd.Series(["x"] * 3))
    with pytest.raises(ValueError, match="at least 2 sequences"):
        effect_sizes(CHANGES[CHANGES["sequence"] == 0], ["kl"])
    with pytest.raises(KeyError):
        interactions(CHANGES, [("a", "b", "missing")], ["entropy"])
