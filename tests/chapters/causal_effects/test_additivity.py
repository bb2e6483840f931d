"""Joint effects beside sums of single ones."""

import pandas as pd
import pytest

import references
from confidence_neurons.engine.tokens import token_effects
from confidence_neurons_book.causal_effects.additivity import additivity
from confidence_neurons_book.causal_effects.sets import set_effects

SETS = {"two": [4, 1], "three": [1, 4, 8]}


def frames(single, joint):
    """One token in each of two sequences; values by neuron and by set."""
    one = [
        {"neuron": neuron, "sequence": row, "entropy_total": value}
        for neuron, values in single.items()
        for row, value in enumerate(values)
    ]
    together = [
        {"set": name, "sequence": row, "entropy_total": value}
        for name, values in joint.items()
        for row, value in enumerate(values)
    ]
    return pd.DataFrame(one), pd.DataFrame(together)


def test_sums_and_ratios_by_hand():
    single, joint = frames(
        {8: [1.0, 3.0], 1: [-1.0, -2.0], 4: [0.5, 0.5]},
        {"three": [1.0, 1.0], "two": [-1.0, -1.0]},
    )
    frame = additivity(single, joint, SETS)
    assert frame["set"].tolist() == ["two", "two", "three", "three"]
    assert frame["size"].tolist() == [2, 2, 3, 3]
    assert frame["how"].tolist() == ["together", "sum of single effects"] * 2
    assert frame["estimate"].tolist() == pytest.approx([-1.0, -1.0, 1.0, 1.0])
    assert frame["ratio"].tolist() == pytest.approx([1.0, 1.0, 1.0, 1.0])
    assert (frame["low"] <= frame["estimate"]).all()
    assert (frame["ratio_low"] <= frame["ratio_high"]).all()
    apart = frame[frame["how"] == "sum of single effects"]
    assert apart["low"].tolist() == pytest.approx([-1.5, 0.5])


def test_a_set_of_one_is_additive():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for(rows=3)
    sets = {"one": [7]}
    frame = additivity(token_effects(model, tokens, [7]), set_effects(model, tokens, sets), sets)
    together, summed = frame["estimate"]
    assert together == pytest.approx(summed, abs=1e-6)


def test_what_was_not_measured_is_refused():
    single, joint = frames({1: [1.0, 2.0], 4: [1.0, 2.0]}, {"two": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"neurons \[8\]"):
        additivity(single, joint, SETS)
    with pytest.raises(ValueError, match="set 'other'"):
        additivity(single, joint, {"other": [1]})
    with pytest.raises(ValueError, match="same sequences"):
        additivity(single[single["sequence"] == 0], joint, {"two": [1, 4]})
