"""Head scores on planted attention patterns and against a loop over hooks."""

from types import SimpleNamespace

import pytest
import torch

import references
from confidence_neurons.induction.scores import head_scores, induction_scores
from confidence_neurons.text.altered import repeated_random


class PlantedModel:
    """Answers `run_with_cache` with patterns that a test has laid down."""

    def __init__(self, patterns: list[torch.Tensor], d_vocab: int = 50) -> None:
        self.patterns = patterns
        length = patterns[0].shape[-1]
        self.cfg = SimpleNamespace(
            n_layers=len(patterns),
            d_vocab=d_vocab,
            n_ctx=length,
            n_heads=patterns[0].shape[1],
            device="cpu",
        )
        self.rows = 0

    def run_with_cache(self, tokens, **options):
        rows = slice(self.rows, self.rows + len(tokens))
        self.rows = (self.rows + len(tokens)) % len(self.patterns[0])
        names = [f"blocks.{layer}.attn.hook_pattern" for layer in range(len(self.patterns))]
        return None, {
            name: pattern[rows] for name, pattern in zip(names, self.patterns, strict=True)
        }


def looking_back(length: int, distance: int) -> torch.Tensor:
    """Attention [query, key] wholly on the token `distance` places back, at first on BOS."""
    pattern = torch.zeros(length, length)
    for query in range(length):
        pattern[query, max(query - distance, 0)] = 1
    return pattern


@pytest.mark.parametrize("period", [2, 5, 20])
def test_planted_heads_get_the_scores_they_deserve(period):
    length = 2 * period + 1
    heads = torch.stack(
        [
            looking_back(length, period - 1),  # what followed the same token: induction
            looking_back(length, period),  # the same token itself: a duplicate-token head
            looking_back(length, length),  # nothing but BOS
            0.25 * looking_back(length, period - 1) + 0.75 * looking_back(length, length),
        ]
    )
    model = PlantedModel([heads.expand(3, -1, -1, -1)])
    scores = induction_scores(model, repeated_random(50, period, count=3), period)
    assert scores.shape == (1, 4)
    assert scores[0].tolist() == pytest.approx([1, 0, 0, 0.25])


def test_layers_heads_and_rows_keep_their_places():
    period, length = 3, 7
    induction, idle = looking_back(length, period - 1), looking_back(length, length)
    first = torch.stack([torch.stack([idle, idle])] * 2)
    second = torch.stack([torch.stack([idle, induction]), torch.stack([idle, idle])])
    scores = induction_scores(
        PlantedModel([first, second]), repeated_random(50, period, count=2), period
    )
    assert scores.tolist() == [[0, 0], [0, 0.5]]


def test_planted_heads_are_told_apart():
    period, length = 6, 13
    heads = torch.stack(
        [
            looking_back(length, period - 1),
            looking_back(length, 1),
            looking_back(length, length),
            0.5 * looking_back(length, 1) + 0.5 * looking_back(length, length),
        ]
    )
    table = head_scores(
        PlantedModel([heads.expand(3, -1, -1, -1), heads.flip(0).expand(3, -1, -1, -1)]),
        repeated_random(50, period, count=3),
        period,
    )
    assert table.columns.tolist() == ["layer", "head", "induction", "previous_token", "bos"]
    assert table["layer"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert table["head"].tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
    first, second = table.iloc[:4, 2:].to_numpy(), table.iloc[4:, 2:].to_numpy()
    assert first.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0.5, 0.5]]
    assert second.tolist() == first[::-1].tolist()


@pytest.mark.parametrize("architecture", ["gpt2-tied", "neox-serial", "llama"])
def test_scores_agree_with_a_loop_over_hooked_patterns(architecture):
    model, _ = references.tiny_pair(architecture)
    period = 6
    tokens = repeated_random(model.cfg.d_vocab, period, count=3)
    patterns = {}

    def keep(pattern, hook):
        patterns[hook.name] = pattern.detach().clone()
        return pattern

    names = [f"blocks.{layer}.attn.hook_pattern" for layer in range(model.cfg.n_layers)]
    with torch.no_grad():
        model.run_with_hooks(tokens, fwd_hooks=[(name, keep) for name in names])
    scores = induction_scores(model, tokens, period)
    assert scores.shape == (model.cfg.n_layers, model.cfg.n_heads)
    table = head_scores(model, tokens, period).set_index(["layer", "head"])
    for layer, name in enumerate(names):
        for head in range(model.cfg.n_heads):
            pattern = patterns[name][:, head]
            expected = references.mean_attention(pattern, period)
            assert scores[layer, head].item() == pytest.approx(expected, abs=1e-6)
            row = table.loc[(layer, head)]
            assert row["induction"] == pytest.approx(expected, abs=1e-6)
            queries = range(period + 1, 2 * period + 1)
            before = sum(pattern[:, query, query - 1].mean().item() for query in queries)
            bos = sum(pattern[:, query, 0].mean().item() for query in queries)
            assert row["previous_token"] == pytest.approx(before / period, abs=1e-6)
            assert row["bos"] == pytest.approx(bos / period, abs=1e-6)
    assert scores.std() > 1e-4


def test_many_rows_score_as_their_parts_do():
    model, _ = references.tiny_pair("neox-serial")
    tokens = repeated_random(model.cfg.d_vocab, 4, count=40)
    parts = [induction_scores(model, rows, 4) for rows in tokens.split(8)]
    assert induction_scores(model, tokens, 4).allclose(torch.stack(parts).mean(0), atol=1e-6)


@pytest.mark.parametrize("period", [5, 7])
def test_a_period_that_does_not_fit_is_refused(period):
    model, _ = references.tiny_pair("neox-serial")
    for scores in (induction_scores, head_scores):
        with pytest.raises(ValueError, match="repeated_random"):
            scores(model, repeated_random(300, 6, count=2), period)


def test_copies_that_differ_are_refused():
    model, _ = references.tiny_pair("neox-serial")
    tokens = repeated_random(300, 6, count=2)
    tokens[1, -1] = tokens[1, -1] % 299 + 1
    with pytest.raises(ValueError, match="differ"):
        induction_scores(model, tokens, 6)
