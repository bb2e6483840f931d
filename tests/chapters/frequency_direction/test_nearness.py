"""Distances to the unigram distribution, and heat beside them."""

import numpy as np
import pandas as pd
import pytest
import torch

import confidence_neurons as cn
import references
import references_ablation
from confidence_neurons_book.frequency_direction import nearness, unigrams

COUNTS = references_ablation.counts_for()


@pytest.fixture(scope="module")
def case():
    model, _ = references.tiny_pair("llama")
    state = cn.run(model, references.tokens_for(rows=4))
    known = {"counts": cn.Unigram.from_counts(COUNTS)}
    known["shuffled"] = cn.Unigram.from_counts(unigrams.shuffled_counts(COUNTS))
    return model, state, known


def test_shuffled_rows_keep_their_tokens_and_bos():
    tokens = references.tokens_for(rows=3)
    found = nearness.shuffled_rows(tokens)
    assert torch.equal(found[:, 0], tokens[:, 0])
    assert torch.equal(found.sort(dim=1).values, tokens.sort(dim=1).values)
    assert not torch.equal(found, tokens)


def test_distances_are_those_of_the_library(case):
    model, state, known = case
    found = nearness.distances(model, state, known)
    for name, unigram in known.items():
        expected = cn.read(model, state, ("entropy", "kl"), counts=unigram)
        assert found[name].to_numpy() == pytest.approx(expected["kl"].to_numpy(), abs=1e-5)
        assert found["entropy"].to_numpy() == pytest.approx(expected["entropy"].to_numpy())


def test_correlations_are_pearsons():
    random = np.random.default_rng(0)
    x = random.normal(size=60)
    levels = pd.DataFrame({"sequence": np.repeat(range(6), 10), "position": 1, "entropy": x})
    levels["kl"] = 2 - x + random.normal(size=60)
    found = nearness.correlations(levels, ["kl"])
    assert found["unigram"].tolist() == ["kl"]
    estimate = found["estimate"].item()
    assert estimate == pytest.approx(np.corrcoef(x, levels["kl"])[0, 1])
    assert found["low"].item() < estimate < found["high"].item()


def test_thirds_are_the_surest_and_the_least_sure(case):
    model, state, known = case
    levels = nearness.distances(model, state, known)
    sure, unsure = nearness.thirds(state, levels)
    entropies = [cn.read(model, each, "entropy")["entropy"] for each in (sure, unsure)]
    assert [len(each) for each in entropies] == pytest.approx([len(levels) / 3] * 2, abs=1)
    assert entropies[0].max() < levels["entropy"].median() < entropies[1].min()


@pytest.mark.parametrize("entropy", [1.0, 3.0, 4.5])
def test_at_the_temperature_the_mean_entropy_is_as_asked(entropy):
    logits = 3 * torch.randn(5, 200, generator=torch.Generator().manual_seed(0))
    found = nearness.temperature(logits, entropy, steps=30)
    assert float(cn.entropy(logits / found).mean()) == pytest.approx(entropy, abs=1e-4)


def test_texts_to_compare_are_the_least_sure_third_and_nonsense(case):
    model, state, _ = case
    texts, sure = nearness.texts_to_compare(model, state, COUNTS, every=2)
    assert list(texts) == ["passages, least sure third", "passages, shuffled", "noise"]
    assert not (sure.counted & texts["passages, least sure third"].counted).any()
    assert len(texts["noise"].tokens) == 2
    assert not torch.equal(texts["noise"].tokens, state.tokens[::2])


def test_heat_has_the_entropy_of_the_text_it_stands_beside():
    model = references.bundled("prose")
    state = cn.run(model, cn.prose_tokens(model, length=48, count=4))
    counts = cn.unigram_counts("prose")
    texts, sure = nearness.texts_to_compare(model, state, counts, every=2)
    found = nearness.beside_heat(model, texts, sure, {"kl": cn.Unigram.from_counts(counts)})
    entropies = found[found["quantity"] == "entropy"].set_index(["text", "predictions"])
    for name in texts:
        level = entropies.loc[name, "estimate"]
        assert level[nearness.HEATED] == pytest.approx(level[nearness.AS_IT_IS], abs=0.02)
    assert set(found["quantity"]) == {"entropy", "kl"}
