"""Bias, stream and vocabulary as carriers of frequency."""

import math

import pytest
import torch

import references
from confidence_neurons import unigram_counts
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import logits_from_residual, run_final
from confidence_neurons.weights.unigram import unigram_distribution
from confidence_neurons_book.frequency_direction.carriers import (
    frequency_classes,
    scale_limit,
    shuffled_counts,
    vocabulary_table,
)

COUNTS = torch.arange(300).square() % 997


def test_shuffled_counts_are_the_same_counts_elsewhere():
    shuffled = shuffled_counts(COUNTS, seed=1)
    assert sorted(shuffled.tolist()) == sorted(COUNTS.tolist())
    assert not torch.equal(shuffled, COUNTS)
    assert torch.equal(shuffled, shuffled_counts(COUNTS, seed=1))
    assert not torch.equal(shuffled, shuffled_counts(COUNTS, seed=2))


def test_classes_by_count():
    counts = torch.tensor([3, 500, 20, 40, 400, 12, 30, 0])
    assert frequency_classes(counts) == [
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
    counts = unigram_counts("prose")
    classes = frequency_classes(counts)
    members = {name: [i for i, found in enumerate(classes) if found == name] for name in classes}
    assert all(counts[i] < 10 for i in members["hardly ever seen"])
    share = counts[members["frequent"]].sum() / counts.sum()
    assert 0.5 <= share < 0.55
    assert counts[members["rare"]].max() <= counts[members["in between"]].min()


def test_the_table_holds_the_logits_of_each_token():
    model, _ = references.tiny_pair("neox-serial")
    vector = torch.randn(300, generator=torch.Generator().manual_seed(0))
    table = vocabulary_table(model, COUNTS, {"v": vector})
    order = sorted(range(300), key=lambda token: -int(COUNTS[token]))
    assert list(table["count"]) == [int(COUNTS[token]) for token in order]
    assert table["v"].tolist() == pytest.approx((vector - vector.mean())[order].tolist())
    total = int(COUNTS.sum()) + 300
    expected = [math.log((int(COUNTS[token]) + 1) / total) for token in order]
    assert table["log_frequency"].tolist() == pytest.approx(expected, rel=1e-4)
    thinned = vocabulary_table(model, COUNTS, {"v": vector}, every=7)
    frequent = (table["class"] == "frequent").sum()
    assert (thinned["class"] == "frequent").sum() == frequent
    assert len(thinned) == frequent + math.ceil((300 - frequent) / 7)


@pytest.mark.parametrize("architecture", ["neox-serial", "phi", "llama"])
def test_the_scale_limit_agrees_with_a_scale_put_in(architecture):
    model, _ = references.tiny_pair(architecture)
    residual = run_final(model, references.tokens_for()).residual[0]
    found = scale_limit(model, residual, COUNTS, [1, 4], {"own": model.b_U})
    unigram = unigram_distribution(COUNTS).double().tolist()
    for row in found.itertuples():
        scale = row.factor * FinalNorm.from_model(model).scale(residual)
        logits = logits_from_residual(model, residual, scale).double()
        p = [references.softmax(each) for each in logits.tolist()]
        entropies = [references.entropy(each) for each in logits.tolist()]
        assert row.entropy == pytest.approx(sum(entropies) / len(p), rel=1e-4)
        distances = [references.kl_divergence(unigram, each) for each in p]
        assert row.kl == pytest.approx(sum(distances) / len(p), rel=1e-3)
        back = [references.kl_divergence(each, unigram) for each in p]
        assert row.kl_reverse == pytest.approx(sum(back) / len(p), rel=1e-3)


def test_an_infinite_scale_leaves_the_bias():
    model, _ = references.tiny_pair("neox-serial")
    residual = run_final(model, references.tokens_for()).residual[0]
    biases = {"none": torch.zeros(300), "unigram": unigram_distribution(COUNTS).log()}
    found = scale_limit(model, residual, COUNTS, [float("inf")], biases).set_index("bias")
    assert found.loc["none", "entropy"] == pytest.approx(math.log(300), rel=1e-5)
    assert found.loc["unigram", "kl"] == pytest.approx(0, abs=1e-4)


def test_bad_input_is_refused():
    model, _ = references.tiny_pair("neox-serial")
    residual = run_final(model, references.tokens_for()).residual[0]
    with pytest.raises(ValueError, match="positive factors, got 0"):
        scale_limit(model, residual, COUNTS, [0], {"own": model.b_U})
    with pytest.raises(ValueError, match="another vocabulary"):
        scale_limit(model, residual, COUNTS[:-1], [1], {"own": model.b_U})
    with pytest.raises(ValueError, match="another vocabulary"):
        vocabulary_table(model, COUNTS, {"v": torch.zeros(299)})
    with pytest.raises(ValueError, match="at least 10"):
        frequency_classes(torch.tensor([1, 2, 3]))
