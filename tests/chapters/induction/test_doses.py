"""Hedging by doses against hooks, one place at a time."""

import pytest
import torch

import references
import references_induction
from confidence_neurons.induction.copies import copy_masks
from confidence_neurons.model.state import run_final
from confidence_neurons.text.altered import repeated_random
from confidence_neurons_book.induction.activations import mean_activations
from confidence_neurons_book.induction.broken import break_repeats
from confidence_neurons_book.induction.doses import AFTER, BREAK, HOLDS, break_even, hedging_doses

PERIOD, ROWS = 7, 3


@pytest.fixture
def model():
    return references.tiny_pair("gpt2-tied")[0]


@pytest.fixture
def repeats():
    tokens = repeated_random(300, PERIOD, count=ROWS)
    return tokens, *break_repeats(tokens, PERIOD, 300, margin=2)


def mean_loss(logits, tokens, places):
    losses = [
        references_induction.readings(logits[row, place].tolist(), int(tokens[row, place + 1]))
        for row, place in places
    ]
    return sum(one["loss"] for one in losses) / len(losses)


def test_losses_agree_with_hooks(model, repeats):
    tokens, broken, position = repeats
    neurons = [3, 60, 17]
    frame = hedging_doses(model, tokens, broken, position, {"set": neurons}, [0.0, 0.5])
    assert frame["dose"].tolist() == [0.0] * 3 + [0.5] * 3
    first, second = copy_masks(tokens, PERIOD)
    level = mean_activations(run_final(model, tokens).activations, first)
    at_break = [(row, int(position[row]) - 1) for row in range(ROWS)]
    elsewhere = [place for place in map(tuple, second.nonzero().tolist()) if place not in at_break]
    assert len(elsewhere) == ROWS * (PERIOD - 2)
    for dose in (0.0, 0.5):
        clip = [False] * 64
        held = (dose * level).tolist()
        whole, _ = references_induction.ablated_by_hooks(model, tokens, neurons, held, clip)
        cut, _ = references_induction.ablated_by_hooks(model, broken, neurons, held, clip)
        rows = frame[frame["dose"] == dose].set_index("place")
        assert rows.loc[BREAK, "loss"] == pytest.approx(mean_loss(cut, broken, at_break), abs=1e-4)
        after = [(row, place + 1) for row, place in at_break]
        assert rows.loc[AFTER, "loss"] == pytest.approx(mean_loss(cut, broken, after), abs=1e-4)
        assert rows.loc[HOLDS, "loss"] == pytest.approx(
            mean_loss(whole, tokens, elsewhere), abs=1e-4
        )
        assert (rows["low"] <= rows["loss"]).all()
        assert (rows["loss"] <= rows["high"]).all()


def test_break_even_is_where_cost_and_saving_are_equal():
    share = break_even(held_loss=0.5, held_base=0.1, break_loss=10.0, break_base=12.0)
    assert share == pytest.approx(1 / 6)
    before, after = (share * at + (1 - share) * holds for at, holds in ((12, 0.1), (10, 0.5)))
    assert before == pytest.approx(after)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sets": {}}, "at least one set"),
        ({"doses": []}, "at least one set and one dose"),
        ({"sets": {"set": [64]}}, "between 0 and 63"),
        ({"position": torch.full((ROWS,), PERIOD + 1)}, "breaks at positions"),
        ({"position": torch.full((ROWS,), 2 * PERIOD)}, "breaks at positions"),
    ],
)
def test_bad_input_is_refused(model, repeats, changes, message):
    tokens, broken, position = repeats
    arguments = {"position": position, "sets": {"set": [1]}, "doses": [1.0], **changes}
    with pytest.raises(ValueError, match=message):
        hedging_doses(model, tokens, broken, **arguments)
