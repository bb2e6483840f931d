"""Means around breaks and hedging by doses, against single readings and hooks."""

import pytest

import confidence_neurons as cn
import references
import references_ablation
import references_induction
from confidence_neurons_book.induction.breaks import (
    AFTER,
    BREAK,
    HOLDS,
    around_breaks,
    break_even,
    hedging_doses,
)

PERIOD, MARGIN, ROWS = 8, 2, 3


@pytest.fixture
def model():
    return references.tiny_pair("gpt2-tied")[0]


@pytest.fixture
def repeats():
    tokens = cn.repeated_random(300, PERIOD, count=ROWS)
    return tokens, *cn.break_repeats(tokens, PERIOD, 300, margin=MARGIN)


def readings(logits, tokens, places):
    return [
        references_induction.readings(logits[row, place].tolist(), int(tokens[row, place + 1]))
        for row, place in places
    ]


def test_means_around_the_break_agree_with_single_readings(model, repeats):
    tokens, broken, position = repeats
    sequences = {"broken": broken, "unbroken": tokens}
    frame = around_breaks(model, sequences, position, [5, 60], before=2, after=1)
    frame = frame.set_index(["sequence", "offset", "quantity"])
    assert len(frame) == 2 * 4 * 6
    for name, rows in sequences.items():
        logits, cache = model.run_with_cache(rows)
        for offset in range(-2, 2):
            places = [(row, int(position[row]) + offset) for row in range(ROWS)]
            read = readings(logits, rows, places)
            for quantity in ("entropy", "loss", "confidence", "wrong"):
                found = frame.loc[(name, offset, quantity)]
                expected = sum(one[quantity] for one in read) / ROWS
                assert found["estimate"] == pytest.approx(expected, abs=1e-4)
                assert found["low"] <= found["estimate"] <= found["high"]
            values = [cache["blocks.1.mlp.hook_post"][r, p, [5, 60]].mean() for r, p in places]
            found = frame.loc[(name, offset, "activation"), "estimate"]
            assert found == pytest.approx(float(sum(values)) / ROWS, abs=1e-5)


def test_before_the_break_is_read_nothing_differs(model, repeats):
    tokens, broken, position = repeats
    sequences = {"broken": broken, "unbroken": tokens}
    frame = around_breaks(model, sequences, position, [1], before=2, after=1)
    wide = frame.pivot_table("estimate", ["quantity", "offset"], "sequence")
    gap = (wide["broken"] - wide["unbroken"]).abs()
    assert gap["entropy"].loc[[-2, -1]].max() < 1e-5
    assert gap["loss"].loc[-1] > 1e-4
    assert gap["entropy"].loc[0] > 1e-6


def test_losses_under_hedging_agree_with_hooks(model, repeats):
    tokens, broken, position = repeats
    neurons = [3, 60, 17]
    frame = hedging_doses(model, tokens, broken, position, {"some": neurons}, [0.0, 0.5])
    assert frame["dose"].tolist() == [0.0] * 3 + [0.5] * 3
    first, second = cn.induction.copy_masks(tokens, PERIOD)
    level = cn.run(model, tokens, at=first).mean_activations()
    at_break = [(row, int(position[row]) - 1) for row in range(ROWS)]
    after = [(row, place + 1) for row, place in at_break]
    elsewhere = [place for place in map(tuple, second.nonzero().tolist()) if place not in at_break]
    assert len(elsewhere) == ROWS * (PERIOD - 2)
    for dose in (0.0, 0.5):
        held = {neuron: dose * float(level[neuron]) for neuron in neurons}
        rises = dict.fromkeys(neurons, False)
        whole, cut = (
            references_ablation.runs_by_hooks(model, rows, held, rises=rises)["total"]
            for rows in (tokens, broken)
        )
        found = frame[frame["dose"] == dose].set_index("place")
        for place, logits, rows, where in (
            (BREAK, cut, broken, at_break),
            (AFTER, cut, broken, after),
            (HOLDS, whole, tokens, elsewhere),
        ):
            read = readings(logits, rows, where)
            for column, quantity in (("estimate", "loss"), ("confidence", "confidence")):
                expected = sum(one[quantity] for one in read) / len(read)
                assert found.loc[place, column] == pytest.approx(expected, abs=1e-4)


def test_break_even_is_where_cost_and_saving_are_equal():
    share = break_even(held_loss=0.5, held_base=0.1, break_loss=10.0, break_base=12.0)
    assert share == pytest.approx(1 / 6)
    before, after = (share * at + (1 - share) * holds for at, holds in ((12, 0.1), (10, 0.5)))
    assert before == pytest.approx(after)
