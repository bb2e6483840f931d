"""Joint effects beside sums of single ones."""

import pandas as pd
import pytest

import confidence_neurons as cn
import references
from confidence_neurons_book.causal_effects.additivity import additivity

GROUPS = {"two": [4, 1], "three": [1, 4, 8]}


def frame_of(name, changes):
    """One token in each of two sequences."""
    rows = [
        {name: key, "sequence": sequence, "position": 1, "entropy_total": value}
        for key, values in changes.items()
        for sequence, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def test_sums_and_ratios_by_hand():
    single = frame_of("neuron", {8: [1.0, 3.0], 1: [-1.0, -2.0], 4: [0.5, 0.5]})
    joint = frame_of("group", {"three": [1.0, 1.0], "two": [-1.0, -1.0]})
    frame = additivity(single, joint, GROUPS)
    assert frame["group"].tolist() == ["two", "two", "three", "three"]
    assert frame["size"].tolist() == [2, 2, 3, 3]
    assert frame["how"].tolist() == ["together", "sum of single effects"] * 2
    assert frame["estimate"].tolist() == pytest.approx([-1.0, -1.0, 1.0, 1.0])
    assert frame["ratio"].tolist() == pytest.approx([1.0, 1.0, 1.0, 1.0])
    together, apart = frame[::2], frame[1::2]
    assert together["low"].tolist() == together["high"].tolist() == pytest.approx([-1.0, 1.0])
    assert apart["low"].tolist() == pytest.approx([-1.5, 0.5])
    assert apart["high"].tolist() == pytest.approx([-0.5, 1.5])
    assert apart["ratio_low"].tolist() == pytest.approx([0.5, 0.5])
    assert apart["ratio_high"].tolist() == pytest.approx([1.5, 1.5])


def test_a_group_of_one_is_additive():
    model, _ = references.tiny_pair("neox-serial")
    tokens, groups = references.tokens_for(rows=3), {"one": [7]}
    joint = cn.effects(model, cn.run(model, tokens), groups)
    together, summed = additivity(cn.token_effects(model, tokens, [7]), joint, groups)["estimate"]
    assert together == pytest.approx(summed, abs=1e-6)
