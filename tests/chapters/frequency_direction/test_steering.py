"""A push multiplies probabilities by a power of the frequency."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.frequency_direction.steering import pushed

POWERS = [-0.5, 0.0, 0.5]


def test_odds_change_by_a_power_of_the_frequencies():
    model = references.bundled("prose")
    tokens = cn.tokens_from_text(model, "He was a tall man with a very", length=8)
    unigram = cn.Unigram.from_counts(cn.unigram_counts("prose"))
    frame = pushed(model, tokens, unigram, POWERS)
    assert frame["power"].unique().tolist() == POWERS
    wide = frame.pivot_table(index="token", columns="power", values="probability", sort=False)
    frequency = dict(
        zip(cn.token_labels(model, list(range(2048))), unigram.probability.tolist(), strict=True)
    )
    first, last = wide.index[0], wide.index[-1]
    assert frequency[first] > frequency[last]  # the most frequent one first
    odds = wide.loc[first] / wide.loc[last]
    ratio = frequency[first] / frequency[last]
    for power in POWERS:
        assert odds[power] == pytest.approx(odds[0.0] * ratio**power, rel=1e-3)


def test_without_a_push_stands_the_prediction_and_what_is_said_of_it():
    model = references.bundled("prose")
    tokens = cn.tokens_from_text(model, "He was a tall man with a very", length=8)
    unigram = cn.Unigram.from_counts(cn.unigram_counts("prose"))
    frame = pushed(model, tokens, unigram, POWERS).query("power == 0")
    with torch.no_grad():
        p = model(tokens)[0, -1].softmax(dim=-1)
    assert frame["probability"].max() == pytest.approx(float(p.max()), rel=1e-4)
    assert frame["corner"].iloc[0].startswith(f"entropy {float(cn.entropy(p.log())):.2f}, KL")
