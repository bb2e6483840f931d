"""A walk along a sequence says what single forward passes say, position by position."""

import pytest
import torch

import confidence_neurons as cn
import references
import references_induction
from confidence_neurons_book.induction.stepper import walk

HEADS, NEURONS = [(1, 2), (0, 1)], [9, 2]


@pytest.fixture(params=["gpt2-tied", "llama"])
def setting(request):
    model, _ = references.tiny_pair(request.param)
    return model, cn.repeated_random(300, 5, count=1)[0]


def test_steps_and_predictions_agree_with_the_model_run_on_each_prefix(setting):
    model, tokens = setting
    found = walk(model, tokens, HEADS, NEURONS, top=3)
    assert found.steps["position"].tolist() == list(range(1, 10))
    assert found.predictions["position"].tolist() == [p for p in range(1, 10) for _ in range(3)]
    for row in found.steps.itertuples():
        with torch.no_grad():
            logits = model(tokens[None, : row.position + 1])[0, -1]
        expected = references_induction.readings(logits.tolist(), int(tokens[row.position + 1]))
        for name in ("entropy", "loss", "confidence"):
            assert getattr(row, name) == pytest.approx(expected[name], abs=1e-4)
        best = found.predictions[found.predictions["position"] == row.position]
        assert best["rank"].tolist() == [1, 2, 3]
        probability = logits.double().softmax(dim=-1)
        choices = probability.argsort(descending=True)[:3]
        assert best["probability"].tolist() == pytest.approx(
            probability[choices].tolist(), abs=1e-5
        )
        assert best["right"].tolist() == (choices == tokens[row.position + 1]).tolist()


def test_attention_and_activations_are_those_of_the_hooks(setting):
    model, tokens = setting
    found = walk(model, tokens, HEADS, NEURONS)
    _, cache = model.run_with_cache(tokens[None])
    for row in found.attention.itertuples():
        layer, head = map(int, row.head.split("."))
        pattern = cache[f"blocks.{layer}.attn.hook_pattern"][0, head]
        assert row.weight == pytest.approx(float(pattern[row.position, row.source]), abs=1e-6)
    total = found.attention.groupby(["head", "position"])["weight"].sum()
    assert total.to_numpy() == pytest.approx(1, abs=1e-5)
    for row in found.activations.itertuples():
        value = cache["blocks.1.mlp.hook_post"][0, row.position, row.neuron]
        assert row.activation == pytest.approx(float(value), abs=1e-5)
    assert found.activations["neuron"].tolist()[:2] == NEURONS


def test_tokens_are_shown_as_text_and_bos_by_its_name(setting):
    model, tokens = setting
    found = walk(model, tokens, HEADS, NEURONS)
    assert found.tokens["token"].iloc[0] == "BOS"
    assert found.tokens["token"].iloc[1:6].tolist() == found.tokens["token"].iloc[6:].tolist()
    assert found.steps["target"].tolist() == found.tokens["token"].iloc[2:].tolist()
