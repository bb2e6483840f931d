"""Frames of ablation effects: each row against the same ablation done by hooks."""

import pandas as pd
import pytest
import torch

import confidence_neurons as cn
import references
import references_ablation
import references_induction
from confidence_neurons_book.induction.effects import (
    IF_WRONG,
    before_and_after,
    clip_effects,
    clip_every_neuron,
    clip_one_by_one,
    head_effects,
    levels,
)

PERIOD = 5
GROUPS = {"chosen": [3, 60], "control": [8]}


@pytest.fixture(params=["gpt2-tied", "llama"])
def setting(request):
    model, _ = references.tiny_pair(request.param)
    tokens = cn.repeated_random(300, PERIOD, count=3)
    state = cn.run(model, tokens)
    reference, task = (state.at(copy) for copy in cn.induction.copy_masks(tokens, PERIOD))
    return model, task, reference


def readings(logits, state):
    """One dictionary per counted place."""
    return [
        references_induction.readings(
            logits[row, position].tolist(), int(state.tokens[row, position + 1])
        )
        for row, position in state.counted.nonzero().tolist()
    ]


def assert_rows_agree(rows, logits, clean_logits, task):
    table = rows.set_index("quantity")
    before, after = readings(clean_logits, task), readings(logits, task)
    for quantity in ("entropy", "loss", "confidence", "wrong"):
        old, new = (sum(one[quantity] for one in ones) / len(ones) for ones in (before, after))
        assert table.loc[quantity, "clean"] == pytest.approx(old, abs=1e-5)
        assert table.loc[quantity, "ablated"] == pytest.approx(new, abs=1e-5)
        assert table.loc[quantity, "estimate"] == pytest.approx(new - old, abs=1e-5)
    wrong = [place for place, one in enumerate(before) if one["wrong"]]
    mean = sum(after[place]["confidence"] for place in wrong) / len(wrong)
    assert table.loc[IF_WRONG, "ablated"] == pytest.approx(mean, abs=1e-5)
    assert table.loc[IF_WRONG, "tokens"] == len(wrong)
    assert (table["low"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["high"]).all()


def clipped_by_hooks(model, task, reference, neurons):
    def mean(mask, neuron):
        values = [float(task.activations[*place, neuron]) for place in mask.nonzero().tolist()]
        return sum(values) / len(values)

    held = {neuron: mean(reference.counted, neuron) for neuron in neurons}
    rises = {neuron: mean(task.counted, neuron) > held[neuron] for neuron in neurons}
    return references_ablation.runs_by_hooks(model, task.tokens, held, rises=rises)


def test_clipped_groups_agree_with_hooks(setting):
    model, task, reference = setting
    frame = clip_effects(model, task, reference, GROUPS)
    assert frame.groupby("group")["size"].first().to_dict() == {"chosen": 2, "control": 1}
    for name, neurons in GROUPS.items():
        runs = clipped_by_hooks(model, task, reference, neurons)
        assert_rows_agree(frame[frame["group"] == name], runs["total"], runs["clean"], task)


def test_clipped_neurons_agree_with_hooks(setting):
    model, task, reference = setting
    frame = clip_one_by_one(model, task, reference, GROUPS)
    every = clip_every_neuron(model, task, reference).set_index("neuron")
    assert len(every) == 64
    for name, neurons in GROUPS.items():
        for neuron in neurons:
            rows = frame[frame["neuron"] == neuron]
            assert set(rows["group"]) == {name}
            runs = clipped_by_hooks(model, task, reference, [neuron])
            assert_rows_agree(rows, runs["total"], runs["clean"], task)
            entropy = rows.set_index("quantity").loc["entropy"]
            for column in ("estimate", "low", "high"):
                assert every.loc[neuron, column] == pytest.approx(entropy[column], abs=1e-5)


def test_heads_switched_off_agree_with_hooks(setting):
    model, task, _ = setting
    groups = {"chosen": [(1, 2), (0, 1)], "control": [(0, 0)]}
    frame = head_effects(model, task, groups, neurons=[9, 2])
    with torch.no_grad():
        clean = model(task.tokens)
    for name, heads in groups.items():
        rows = frame[frame["group"] == name]
        logits = references_induction.bos_ablated_by_hooks(model, task.tokens, heads)
        output = rows[rows["neuron"].isna()]
        assert_rows_agree(output, logits, clean, task)
        without = cn.ablate_heads(model, task, heads).activations
        followed = rows[rows["quantity"] == "activation"].set_index("neuron")
        assert followed.index.tolist() == [9, 2]
        for neuron, row in followed.iterrows():
            assert row["clean"] == pytest.approx(
                float(task.activations[task.counted][:, neuron].mean()), abs=1e-5
            )
            assert row["ablated"] == pytest.approx(
                float(without[task.counted][:, neuron].mean()), abs=1e-5
            )


def test_what_was_wrong_before_decides_where_wrong_confidence_is_measured():
    places = {"sequence": [0, 0, 1, 1], "position": [1, 2, 1, 2]}
    clean = pd.DataFrame({**places, "confidence": [0.9, 0.4, 0.8, 0.2], "right": [1.0, 0, 1, 0]})
    changes = pd.DataFrame(
        {
            **places,
            "group": "some",
            "confidence_total": [-0.4, -0.2, -0.3, 0.1],
            "right_total": [-1.0, 1, -1, 0],
        }
    )
    table = before_and_after(clean, changes).set_index("quantity")
    assert table.loc[IF_WRONG, ["clean", "ablated"]].tolist() == pytest.approx([0.3, 0.25])
    assert table.loc["wrong", ["clean", "ablated"]].tolist() == pytest.approx([0.5, 0.75])
    assert (table.loc["wrong", "low"], table.loc["wrong", "high"]) == (0, 0.5)
    never = before_and_after(clean.assign(right=1.0), changes).set_index("quantity")
    assert never.loc[IF_WRONG, "tokens"] == 0
    assert pd.isna(never.loc[IF_WRONG, "ablated"])


def test_levels_have_a_row_for_the_model_left_alone(setting):
    model, task, reference = setting
    frame = clip_effects(model, task, reference, GROUPS)
    table = levels(frame, ["loss", "entropy"])
    assert table.index.tolist() == [*GROUPS, "none"]
    assert table.columns.tolist() == ["loss", "entropy"]
    clean = cn.read(model, task, ("loss", "entropy"))
    assert table.loc["none", "loss"] == pytest.approx(clean["loss"].mean())
    rows = frame.set_index(["group", "quantity"])["ablated"]
    assert table.loc["control", "entropy"] == rows["control", "entropy"]
