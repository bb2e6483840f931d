"""Effects token by token against the references, and against the scan's means."""

import math

import pytest

import references
import references_ablation
from confidence_neurons.engine.scan import scan
from confidence_neurons.engine.tokens import token_effects
from confidence_neurons.model.state import run
from confidence_neurons.text.reading import prose_tokens

CHANGES = [
    *("entropy_total", "entropy_direct", "entropy_indirect"),
    *("loss_total", "loss_direct", "loss_indirect"),
    *("kl_from_clean", "argmax_changed"),
]
CONTEXT = ["sequence", "position", "token", "target", "entropy", "loss", "rank"]


@pytest.mark.parametrize("from_other_text", [False, True])
@pytest.mark.parametrize("architecture", ["gpt2-tied", "neox-parallel", "llama", "qwen2"])
def test_changes_at_each_token_agree_with_both_references(architecture, from_other_text):
    model = references_ablation.loud_model(architecture)
    tokens = references.tokens_for(rows=3)
    other_text = references.tokens_for(rows=2, seed=6) if from_other_text else tokens
    to = run(model, other_text).mean_activations()
    frame = token_effects(model, tokens, [63, 8], to=to)
    assert set(frame.columns) == {"neuron", "activation", "mean_activation", *CONTEXT, *CHANGES}
    assert frame["neuron"].drop_duplicates().tolist() == [63, 8]
    for neuron, rows in frame.groupby("neuron"):
        for way in (references_ablation.by_formula, references_ablation.by_hooks):
            expected = way(model, tokens, neuron, to=float(to[neuron]))
            for name in CHANGES:
                assert rows[name].tolist() == pytest.approx(
                    expected[name].tolist(), rel=1e-4, abs=2e-6
                ), name


def test_each_row_says_where_it_was_measured_and_what_the_model_thought_there():
    model = references.bundled("prose")
    tokens = prose_tokens(model, 8, 2)
    frame = token_effects(model, tokens, [9, 3])
    logits = model(tokens)
    _, cache = model.run_with_cache(tokens, names_filter="blocks.2.mlp.hook_post")
    places = [(row, position) for row in range(2) for position in range(1, 7)]
    assert len(frame) == 2 * len(places)
    for neuron in (9, 3):
        part = frame[frame["neuron"] == neuron]
        assert part[["sequence", "position"]].to_numpy().tolist() == [list(p) for p in places]
        mean = references_ablation.mean_activation(model, tokens, neuron)
        assert part["mean_activation"].tolist() == pytest.approx([mean] * len(places), rel=1e-4)
        for (row, position), found in zip(places, part.to_dict("records"), strict=True):
            here, target = logits[row, position].tolist(), int(tokens[row, position + 1])
            activation = float(cache["blocks.2.mlp.hook_post"][row, position, neuron])
            assert found["token"] == tokens[row, position]
            assert found["target"] == target
            assert found["activation"] == pytest.approx(activation, rel=1e-4, abs=1e-6)
            assert found["entropy"] == pytest.approx(references.entropy(here), abs=1e-5)
            probability = references.softmax(here)[target]
            assert math.exp(-found["loss"]) == pytest.approx(probability, rel=1e-4)
            assert found["rank"] == references.rank(here, target)


def test_the_scan_has_the_means_of_the_absolute_values():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for(rows=4)
    means = token_effects(model, tokens, [5, 2]).set_index("neuron")[CHANGES].abs()
    means = means.groupby(level=0, sort=False).mean()
    frame = scan(model, tokens, neurons=[5, 2]).set_index("neuron")
    for name in CHANGES:
        assert means[name].tolist() == pytest.approx(frame[name].tolist(), rel=1e-4, abs=2e-7)


def test_a_small_budget_gives_the_same_rows():
    model, _ = references.tiny_pair("llama")
    tokens = references.tokens_for()
    large = token_effects(model, tokens, [1, 2, 3])
    small = token_effects(model, tokens, [1, 2, 3], memory_budget=21_100_000)
    for name in large:
        assert small[name].tolist() == pytest.approx(large[name].tolist(), rel=1e-4, abs=1e-6)
