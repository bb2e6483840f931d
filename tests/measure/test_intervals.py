"""Intervals of frames against averages by hand, and against the bootstrap of tensors."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from confidence_neurons.measure.bootstrap import bootstrap_interval
from confidence_neurons.measure.intervals import intervals, mediated_share


def frame_of(seed=0, sequences=8, tokens=5, groups=("b", "a")):
    generator = np.random.default_rng(seed)
    size = len(groups) * sequences * tokens
    return pd.DataFrame(
        {
            "group": np.repeat(groups, sequences * tokens),
            "sequence": np.tile(np.repeat(range(sequences), tokens), len(groups)),
            "position": np.tile(range(tokens), len(groups) * sequences),
            "direct": generator.normal(size=size),
            "total": generator.normal(size=size) + 3,
        }
    )


def test_a_mean_is_the_bootstrap_of_the_sequences_means():
    frame = frame_of()
    found = intervals(frame)
    assert found.columns.tolist() == ["group", "quantity", "estimate", "low", "high", "tokens"]
    assert found["group"].tolist() == ["b", "b", "a", "a"]
    assert found["quantity"].tolist() == ["direct", "total"] * 2
    assert (found["tokens"] == 40).all()
    for row in found.itertuples():
        part = frame[frame["group"] == row.group]
        means = torch.tensor(part.groupby("sequence")[row.quantity].mean().to_numpy())
        expected = [float(bound) for bound in bootstrap_interval(means)]
        assert [row.estimate, row.low, row.high] == pytest.approx(expected)


def test_sizes_are_means_of_absolute_values():
    frame = frame_of()
    found = intervals(frame, values="direct", size=True).set_index("group")
    for name, part in frame.groupby("group"):
        assert found.loc[name, "estimate"] == pytest.approx(part["direct"].abs().mean())


def test_a_statistic_is_of_the_means_in_their_order():
    frame = frame_of()
    found = intervals(frame, "group", ["direct", "total"], size=True, statistic=mediated_share)
    assert found.columns.tolist() == ["group", "estimate", "low", "high", "tokens"]
    for row in found.itertuples():
        part = frame[frame["group"] == row.group]
        direct, total = part["direct"].abs(), part["total"].abs()
        assert row.estimate == pytest.approx(1 - direct.mean() / total.mean())
        assert row.low < row.estimate < row.high


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.randoms())
def test_sequences_may_have_different_numbers_of_tokens(seed, random):
    frame = frame_of(seed)
    frame = frame.iloc[sorted(random.sample(range(len(frame)), 50))]
    found = intervals(frame, values="total").set_index("group")
    for name, part in frame.groupby("group"):
        assert found.loc[name, "estimate"] == pytest.approx(part["total"].mean())
        assert found.loc[name, "tokens"] == len(part)
        assert part["total"].min() <= found.loc[name, "low"] <= found.loc[name, "high"]


def test_the_order_of_rows_and_other_columns_do_not_matter():
    frame = frame_of()
    shuffled = frame.sample(frac=1, random_state=0).assign(text="a")
    one, other = (intervals(each, values="total").set_index("group") for each in (frame, shuffled))
    pd.testing.assert_frame_equal(one.sort_index(), other.sort_index())


def test_groups_by_several_columns_stand_in_their_first_order():
    frame = pd.concat([frame_of().assign(text=text) for text in ("noise", "clean")])
    found = intervals(frame, ["text", "group"], "total")
    assert found[["text", "group"]].to_numpy().tolist() == [
        [text, group] for text in ("noise", "clean") for group in ("b", "a")
    ]


def test_groups_share_the_draws():
    frame = frame_of(groups=("a",))
    twice = pd.concat([frame, frame.assign(group="copy", total=frame["total"] + 1)])
    found = intervals(twice, values="total").set_index("group")
    bounds = ["estimate", "low", "high"]
    assert (found.loc["copy", bounds] - found.loc["a", bounds]).tolist() == pytest.approx([1] * 3)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (frame_of().drop(columns="sequence"), {}, "with sequence"),
        (frame_of(), {"by": "neuron"}, "with neuron"),
        (frame_of(), {"values": ["kl"]}, "with kl"),
        (frame_of()[["group", "sequence"]], {}, "values to average"),
        (frame_of().assign(total=np.nan), {}, "NaN or infinity in 'total'"),
        (frame_of().assign(total=1j), {}, "expected numbers in 'total', got complex128"),
        (frame_of(), {"values": ["group"]}, "expected numbers in 'group'"),
        (frame_of(sequences=1), {}, "at least 2 sequences"),
    ],
)
def test_what_cannot_be_averaged_is_refused(frame, options, message):
    with pytest.raises(ValueError, match=message):
        intervals(frame, **options)


def test_where_there_is_no_effect_there_is_no_share():
    zero = frame_of().assign(direct=0.0, total=0.0)
    found = intervals(zero, values=["direct", "total"], statistic=mediated_share)
    assert found[["estimate", "low", "high"]].isna().all().all()
