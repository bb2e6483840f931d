"""Opinions on what is frequent, their control, and classes of tokens."""

import math

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.frequency_direction import unigrams as freq

COUNTS = torch.arange(300).square() % 997


def test_shuffled_counts_are_the_same_counts_elsewhere():
    shuffled = freq.shuffled_counts(COUNTS, seed=1)
    assert sorted(shuffled.tolist()) == sorted(COUNTS.tolist())
    assert not torch.equal(shuffled, COUNTS)
    assert torch.equal(shuffled, freq.shuffled_counts(COUNTS, seed=1))
    assert not torch.equal(shuffled, freq.shuffled_counts(COUNTS, seed=2))


def test_the_own_opinion_is_the_mean_prediction():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for()
    own = freq.own_opinion(model, cn.run(model, tokens))
    expected = cn.mean_prediction(model, tokens)
    assert own.probability.allclose(expected.probability)
    assert list(freq.opinions(COUNTS, own)) == [freq.OWN, freq.COUNTED, freq.SHUFFLED]
    assert freq.opinions(COUNTS, own)[freq.OWN] is own


def test_classes_by_count():
    counts = torch.tensor([3, 500, 20, 40, 400, 12, 30, 0])
    assert freq.frequency_classes(counts) == [
        "hardly ever seen",
        "frequent",  # 500 of 1005 is not yet half
        "rare",
        "in between",
        "frequent",
        "rare",
        "rare",
        "hardly ever seen",
    ]


def test_classes_of_the_bundled_vocabulary():
    counts = cn.unigram_counts("prose")
    classes = freq.frequency_classes(counts)
    members = {name: [i for i, each in enumerate(classes) if each == name] for name in classes}
    assert all(counts[i] < 10 for i in members["hardly ever seen"])
    assert 0.5 <= counts[members["frequent"]].sum() / counts.sum() < 0.55
    assert counts[members["rare"]].max() <= counts[members["in between"]].min()


def test_the_vocabulary_has_both_frequencies_of_each_token():
    model, _ = references.tiny_pair("neox-serial")
    own = freq.own_opinion(model, cn.run(model, references.tokens_for()))
    found = freq.vocabulary(model, COUNTS, own, kept=80)
    assert 60 <= len(found) <= 80
    assert found["token"].is_unique
    order = COUNTS.argsort(descending=True, stable=True)
    assert found["counted"].iloc[0] == found["counted"].max()
    first, total = int(order[0]), int(COUNTS.sum()) + 300
    assert found["counted"].iloc[0] == pytest.approx(math.log((COUNTS[first] + 1) / total))
    assert found["own"].iloc[0] == pytest.approx(float(own.probability[first].log()), rel=1e-5)


def test_over_seen_tokens_the_direction_leaves_out_the_others():
    counts = torch.tensor([0, 3, 10, 99, 999])
    found = freq.over_seen_tokens(counts)
    assert found[:2].tolist() == [0, 0]
    expected = torch.tensor([11.0, 100.0, 1000.0]).log()
    expected -= expected.mean()
    assert found[2:].tolist() == pytest.approx((expected / expected.norm()).tolist(), rel=1e-5)
