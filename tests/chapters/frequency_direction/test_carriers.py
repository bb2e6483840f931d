"""Bias, stream and vocabulary as carriers of frequency."""

import math
import warnings

import pytest
import torch

import confidence_neurons as cn
import references
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
    counts = cn.unigram_counts("prose")
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
def test_the_scale_limit_agrees_with_a_scale_put_in_by_a_hook(architecture):
    model, _ = references.tiny_pair(architecture)
    tokens = references.tokens_for()
    found = scale_limit(model, cn.run(model, tokens), COUNTS, [1, 4], {"own": model.b_U})
    frequency = [(count + 1) / (sum(COUNTS.tolist()) + 300) for count in COUNTS.tolist()]
    for row in found.to_dict("records"):
        factor = row["factor"]
        with warnings.catch_warnings():
            # TransformerLens warns that an edited scale takes its own, slower path.
            warnings.simplefilter("ignore", UserWarning)
            put_in = ("ln_final.hook_scale", lambda scale, hook, factor=factor: factor * scale)
            logits = model.run_with_hooks(tokens, fwd_hooks=[put_in])
        tokenwise = logits[:, 1:-1].flatten(0, 1).double().tolist()
        p = [references.softmax(each) for each in tokenwise]
        expected = {
            "entropy": [references.entropy(each) for each in tokenwise],
            "kl": [references.kl_divergence(frequency, each) for each in p],
            "kl_reverse": [references.kl_divergence(each, frequency) for each in p],
        }
        for name, values in expected.items():
            assert row[name] == pytest.approx(sum(values) / len(values), rel=1e-3), name


def test_an_infinite_scale_leaves_the_bias():
    model, _ = references.tiny_pair("neox-serial")
    state = cn.run(model, references.tokens_for())
    biases = {"none": torch.zeros(300), "unigram": (COUNTS + 1.0).log()}
    found = scale_limit(model, state, COUNTS, [float("inf")], biases).set_index("bias")
    assert found.loc["none", "entropy"] == pytest.approx(math.log(300), rel=1e-5)
    assert found.loc["unigram", "kl"] == pytest.approx(0, abs=1e-4)
