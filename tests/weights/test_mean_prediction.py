"""A model's mean prediction, against a loop over the network's own logits."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons.weights import mean_prediction as module

TOKENS = references.tokens_for(rows=3)


@pytest.mark.parametrize("architecture", ["llama", "gpt2-tied", "neox-serial"])
def test_it_is_the_mean_of_the_networks_predictions(architecture, monkeypatch):
    model, network = references.tiny_pair(architecture)
    monkeypatch.setattr(module, "LOGITS_AT_ONCE", 5 * 300)
    with torch.no_grad():
        logits = network(TOKENS).logits.double()
    rows = [row.softmax(dim=-1)[1:-1] for row in logits]
    expected = torch.cat(rows).mean(dim=0)
    found = cn.mean_prediction(model, TOKENS).probability
    torch.testing.assert_close(found, expected.float(), rtol=1e-4, atol=1e-9)


def test_at_chosen_positions_it_is_theirs():
    model, network = references.tiny_pair("llama")
    chosen = torch.zeros_like(TOKENS, dtype=torch.bool)
    chosen[1, 4] = True
    with torch.no_grad():
        expected = network(TOKENS).logits[1, 4].softmax(dim=-1)
    found = cn.mean_prediction(model, TOKENS, at=chosen)
    torch.testing.assert_close(found.probability, expected, rtol=1e-4, atol=1e-9)
    assert found.source.endswith("in 1 contexts")


def test_both_ways_of_loading_give_the_same():
    bridge, light = cn.load_model("prose"), cn.load_light("prose")
    rows = cn.prose_tokens(bridge, count=2)
    found = [cn.mean_prediction(model, rows).direction for model in (bridge, light)]
    torch.testing.assert_close(*found, rtol=0, atol=1e-6)


def test_prose_expects_what_its_training_text_has_often():
    model = cn.load_model("prose")
    own = cn.mean_prediction(model, cn.prose_tokens(model, count=8))
    assert float(own.direction @ cn.Unigram.of(model, None).direction) > 0.8
