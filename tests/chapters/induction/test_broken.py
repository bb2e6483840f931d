"""Broken repeats: one other token each, and the means around it from single readings."""

import pytest
import torch

import references
import references_induction
from confidence_neurons.text.altered import repeated_random
from confidence_neurons_book.induction.broken import around_breaks, break_repeats

PERIOD, MARGIN = 8, 2


@pytest.fixture
def model():
    return references.tiny_pair("gpt2-tied")[0]


@pytest.fixture
def tokens():
    return repeated_random(300, PERIOD, count=40, bos=7)


@pytest.mark.parametrize("seed", [0, 1])
def test_one_token_of_the_second_copy_is_another_one(tokens, seed):
    broken, position = break_repeats(tokens, PERIOD, 300, MARGIN, seed)
    changed = (broken != tokens).nonzero()
    assert changed[:, 0].tolist() == list(range(40))
    assert changed[:, 1].tolist() == position.tolist()
    assert position.min() == PERIOD + 1 + MARGIN
    assert position.max() == 2 * PERIOD - MARGIN
    new = broken[torch.arange(40), position]
    assert (new != 7).all()
    assert ((new >= 0) & (new < 300)).all()


def test_every_other_token_can_come_but_bos_and_the_old_one():
    tokens = torch.tensor([[2, 0, 3, 1, 0, 3, 1]]).repeat(200, 1)
    broken, position = break_repeats(tokens, 3, 4, margin=1)
    assert set(position.tolist()) == {5}
    assert set(broken[:, 5].tolist()) == {0, 1}


@pytest.mark.parametrize("margin", [0, 4])
def test_margins_leave_a_place(tokens, margin):
    with pytest.raises(ValueError, match="margin from 1 to 3"):
        break_repeats(tokens, PERIOD, 300, margin)


def test_means_around_the_break_agree_with_single_readings(model, tokens):
    tokens = tokens[:3]
    broken, position = break_repeats(tokens, PERIOD, 300, MARGIN)
    frame = around_breaks(
        model, {"broken": broken, "unbroken": tokens}, position, [5, 60], before=2, after=1
    ).set_index(["sequence", "offset", "quantity"])
    assert len(frame) == 2 * 4 * 6
    for name, rows in (("broken", broken), ("unbroken", tokens)):
        logits, cache = model.run_with_cache(rows)
        for offset in range(-2, 2):
            places = [(row, int(position[row]) + offset) for row in range(3)]
            read = [
                references_induction.readings(logits[r, p].tolist(), int(rows[r, p + 1]))
                for r, p in places
            ]
            for quantity in ("entropy", "loss", "confidence", "wrong"):
                found = frame.loc[(name, offset, quantity)]
                expected = sum(one[quantity] for one in read) / 3
                assert found["mean"] == pytest.approx(expected, abs=1e-4)
                assert found["low"] <= found["mean"] <= found["high"]
            values = [cache["blocks.1.mlp.hook_post"][r, p, [5, 60]].mean() for r, p in places]
            found = frame.loc[(name, offset, "activation"), "mean"]
            assert found == pytest.approx(float(sum(values)) / 3, abs=1e-5)


def test_before_the_break_is_read_nothing_differs(model, tokens):
    broken, position = break_repeats(tokens, PERIOD, 300, MARGIN)
    sequences = {"broken": broken, "unbroken": tokens}
    frame = around_breaks(model, sequences, position, [1], before=2, after=1)
    wide = frame.pivot(index=["quantity", "offset"], columns="sequence", values="mean")
    gap = (wide["broken"] - wide["unbroken"]).abs()
    assert gap["entropy"].loc[[-2, -1]].max() < 1e-5
    assert gap["loss"].loc[-1] > 1e-4
    assert gap["entropy"].loc[0] > 1e-6


@pytest.mark.parametrize(("before", "after"), [(PERIOD + 4, 0), (0, PERIOD)])
def test_offsets_stay_among_the_measured_positions(model, tokens, before, after):
    broken, position = break_repeats(tokens, PERIOD, 300, MARGIN)
    with pytest.raises(ValueError, match="measured positions 1 to"):
        around_breaks(model, {"broken": broken}, position, [1], before=before, after=after)
