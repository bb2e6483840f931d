"""Means and changes at the positions of a task, against a loop over places."""

import pandas as pd
import pytest
import torch

import references
import references_induction
from confidence_neurons.induction.attention import attend_to_bos
from confidence_neurons.induction.copies import copy_masks
from confidence_neurons.model.state import logits_from_residual, run_final
from confidence_neurons.text.altered import repeated_random
from confidence_neurons_book.induction.comparison import compare, measure_task

PERIOD = 6
NEURONS = [5, 40]


@pytest.fixture
def setting():
    model, _ = references.tiny_pair("neox-serial")
    tokens = repeated_random(300, PERIOD, count=4)
    _, task = copy_masks(tokens, PERIOD)
    return model, tokens, task, run_final(model, tokens), attend_to_bos(model, tokens, [(1, 2)])


def place_by_place(model, tokens, task, state):
    """One dictionary of readings per place."""
    logits = logits_from_residual(model, state.residual)
    return [
        {
            **references_induction.readings(
                logits[row, position].tolist(), int(tokens[row, position + 1])
            ),
            **{neuron: float(state.activations[row, position, neuron]) for neuron in NEURONS},
        }
        for row, position in task.nonzero().tolist()
    ]


def test_means_and_changes_agree_with_a_loop_over_places(setting):
    model, tokens, task, clean, ablated = setting
    task[1, PERIOD + 1 : PERIOD + 4] = False  # rows with different numbers of places
    frame = compare(
        measure_task(model, tokens, clean, task, NEURONS),
        measure_task(model, tokens, ablated, task, NEURONS),
        task,
    )
    before = place_by_place(model, tokens, task, clean)
    after = place_by_place(model, tokens, task, ablated)
    assert len(before) == 4 * (PERIOD - 1) - 3
    table = frame.set_index("quantity")
    for quantity in ("entropy", "loss", "confidence", "wrong"):
        old = sum(one[quantity] for one in before) / len(before)
        new = sum(one[quantity] for one in after) / len(after)
        row = table.loc[quantity]
        assert row["clean"] == pytest.approx(old, rel=1e-5)
        assert row["ablated"] == pytest.approx(new, rel=1e-5)
        assert row["change"] == pytest.approx(new - old, abs=1e-5)
        assert row["low"] <= row["change"] <= row["high"]
        assert row["places"] == len(before)
    activations = frame[frame["quantity"] == "activation"].set_index("neuron")
    assert activations.index.tolist() == NEURONS
    for neuron in NEURONS:
        old = sum(one[neuron] for one in before) / len(before)
        assert activations.loc[neuron, "clean"] == pytest.approx(old, rel=1e-5)
    wrong = [index for index, one in enumerate(before) if one["wrong"]]
    row = table.loc["confidence if wrong"]
    assert row["places"] == len(wrong)
    mean = sum(after[index]["confidence"] for index in wrong) / len(wrong)
    assert row["ablated"] == pytest.approx(mean, rel=1e-5)
    assert frame.loc[frame["quantity"] == "entropy", "neuron"].isna().all()


def test_what_was_wrong_before_decides_where_wrong_confidence_is_measured():
    task = torch.tensor([[False, True, True, False]] * 2)

    def measured(confidence, wrong):
        values = {"confidence": confidence, "wrong": wrong}
        return {(name, None): torch.tensor(value) for name, value in values.items()}

    clean = measured([0.9, 0.4, 0.8, 0.2], [0.0, 1.0, 0.0, 1.0])
    ablated = measured([0.5, 0.3, 0.5, 0.3], [1.0, 0.0, 1.0, 0.0])
    row = compare(clean, ablated, task).set_index("quantity").loc["confidence if wrong"]
    assert row["clean"] == pytest.approx(0.3)
    assert row["ablated"] == pytest.approx(0.3)
    assert row["places"] == 2
    never = measured([0.9, 0.4, 0.8, 0.2], [0.0, 0.0, 0.0, 0.0])
    row = compare(never, ablated, task).set_index("quantity").loc["confidence if wrong"]
    assert row["places"] == 0
    assert pd.isna(row["clean"])
    assert pd.isna(row["low"])


def test_a_model_compared_with_itself_does_not_change(setting):
    model, tokens, task, clean, _ = setting
    measured = measure_task(model, tokens, clean, task)
    frame = compare(measured, measured, task)
    assert (frame["change"].dropna() == 0).all()
    assert (frame["low"].dropna() == 0).all()
    assert (frame["high"].dropna() == 0).all()


def test_interval_is_over_sequences_not_over_places(setting):
    # Within a row all places change alike: more places a row make no surer.
    change = torch.randn(50, generator=torch.Generator().manual_seed(0))
    widths = []
    for places in (1, 20):
        task = torch.zeros(50, places + 2, dtype=torch.bool)
        task[:, 1:-1] = True
        zero = torch.zeros(50 * places)
        clean = {("confidence", None): zero, ("wrong", None): zero}
        ablated = {**clean, ("confidence", None): change.repeat_interleave(places)}
        row = compare(clean, ablated, task).set_index("quantity").loc["confidence"]
        widths.append(row["high"] - row["low"])
    assert widths[1] == pytest.approx(widths[0])
    assert widths[0] == pytest.approx(2 * 1.96 * change.std().item() / 50**0.5, rel=0.15)


def test_tasks_that_do_not_fit_are_refused(setting):
    model, tokens, task, clean, _ = setting
    for bad, match in (
        (torch.zeros_like(task), "at least one position"),
        (torch.ones_like(task), "last position"),
        (task[:2], "shape"),
        (task.float(), "booleans"),
    ):
        with pytest.raises(ValueError, match=match):
            measure_task(model, tokens, clean, bad)
