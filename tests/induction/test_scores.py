"""Head scores on planted attention patterns and against a loop over hooks."""

import pytest
import torch

import references
from confidence_neurons.induction.scores import head_scores
from confidence_neurons.text.altered import repeated_random

SCORES = ["induction", "previous_token", "bos"]


def looking_back(length: int, distance: int) -> torch.Tensor:
    """Attention [query, key] wholly on the token `distance` places back, at first on BOS."""
    pattern = torch.zeros(length, length)
    for query in range(length):
        pattern[query, max(query - distance, 0)] = 1
    return pattern


def scores_of_planted(patterns: list[torch.Tensor], period: int) -> torch.Tensor:
    """Scores [layer, head, score] where each layer has these patterns [batch, head, query, key]."""
    model, _ = references.tiny_pair("neox-serial")
    tokens = repeated_random(model.cfg.d_vocab, period, count=len(patterns[0]))

    def plant(pattern: torch.Tensor):
        return lambda own, hook: pattern

    hooks = [
        (f"blocks.{layer}.attn.hook_pattern", plant(pattern))
        for layer, pattern in enumerate(patterns)
    ]
    with model.hooks(fwd_hooks=hooks):
        table = head_scores(model, tokens, period)
    assert table.columns.tolist() == ["layer", "head", *SCORES]
    assert table["layer"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert table["head"].tolist() == [0, 1, 2, 3] * 2
    return torch.tensor(table[SCORES].to_numpy()).unflatten(0, (2, 4))


@pytest.mark.parametrize("period", [3, 5, 20])
def test_planted_heads_get_the_scores_they_deserve(period):
    length = 2 * period + 1
    idle = looking_back(length, length)
    heads = torch.stack(
        [
            looking_back(length, period - 1),  # what followed the same token: induction
            looking_back(length, period),  # the same token itself: a duplicate-token head
            0.25 * looking_back(length, period - 1) + 0.75 * idle,
            0.5 * looking_back(length, 1) + 0.5 * idle,
        ]
    ).expand(3, -1, -1, -1)
    found = scores_of_planted([heads, heads.flip(1)], period)
    deserved = [[1, 0, 0], [0, 0, 0], [0.25, 0, 0.75], [0, 0.5, 0.5]]
    assert found[0].allclose(torch.tensor(deserved), atol=1e-6)
    assert found[1].allclose(found[0].flip(0))


def test_rows_are_averaged():
    period, length = 3, 7
    induction, idle = looking_back(length, period - 1), looking_back(length, length)
    resting = torch.stack([idle] * 4)
    in_one_row = torch.stack([torch.stack([idle, induction, idle, idle]), resting])
    found = scores_of_planted([torch.stack([resting] * 2), in_one_row], period)
    assert found[..., 0].tolist() == [[0, 0, 0, 0], [0, 0.5, 0, 0]]


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
    table = head_scores(model, tokens, period).set_index(["layer", "head"])
    for layer, name in enumerate(names):
        for head in range(model.cfg.n_heads):
            pattern = patterns[name][:, head]
            row = table.loc[(layer, head)]
            expected = references.mean_attention(pattern, period)
            assert row["induction"] == pytest.approx(expected, abs=1e-6)
            queries = range(period + 1, 2 * period + 1)
            before = sum(pattern[:, query, query - 1].mean().item() for query in queries)
            bos = sum(pattern[:, query, 0].mean().item() for query in queries)
            assert row["previous_token"] == pytest.approx(before / period, abs=1e-6)
            assert row["bos"] == pytest.approx(bos / period, abs=1e-6)
    assert table["induction"].std() > 1e-4


def test_many_rows_score_as_their_parts_do():
    model, _ = references.tiny_pair("neox-serial")
    tokens = repeated_random(model.cfg.d_vocab, 30, count=80)  # more than are run at once
    parts = [head_scores(model, rows, 30)[SCORES].to_numpy() for rows in tokens.split(20)]
    whole = head_scores(model, tokens, 30)[SCORES].to_numpy()
    assert whole == pytest.approx(sum(parts) / 4, abs=1e-6)


@pytest.mark.parametrize("period", [5, 7])
def test_a_period_that_does_not_fit_is_refused(period):
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match="repeated_random"):
        head_scores(model, repeated_random(300, 6, count=2), period)


def test_copies_that_differ_are_refused():
    model, _ = references.tiny_pair("neox-serial")
    tokens = repeated_random(300, 6, count=2)
    tokens[1, -1] = tokens[1, -1] % 299 + 1
    with pytest.raises(ValueError, match="differ"):
        head_scores(model, tokens, 6)
