"""The story of a neuron holds, at every token, what the measures say of it there."""

import pytest
import torch

import references
from confidence_neurons.model.state import run_final
from confidence_neurons_book.confidence.predictions import token_labels
from confidence_neurons_book.frequency_direction.carriers import frequency_classes
from confidence_neurons_book.frequency_direction.effects import frequency_effects
from confidence_neurons_book.frequency_direction.story import frequency_story

COUNTS = torch.arange(300).square() % 997


def test_each_row_is_the_token_it_says():
    model, _ = references.tiny_pair("neox-serial")
    tokens, other = references.tokens_for(rows=2), references.tokens_for(seed=3)
    story = frequency_story(model, tokens, 7, COUNTS, reference=other)
    activations = run_final(model, tokens).activations[..., 7]
    effects = frequency_effects(model, tokens, {"x": [7]}, COUNTS, reference=other)
    classes = frequency_classes(COUNTS)
    assert len(story) == 2 * 10
    for row, effect in zip(story.itertuples(), effects.itertuples(), strict=True):
        here, after = tokens[row.sequence, row.position : row.position + 2].tolist()
        assert [row.at, row.next] == token_labels(model, [here, after])
        assert row.activation == pytest.approx(float(activations[row.sequence, row.position]))
        assert row.loss_added == pytest.approx(-effect.loss_total)
        assert row.kl_added == pytest.approx(-effect.kl_total)
        assert row.projection_added == pytest.approx(-effect.projection_total)
    assert list(story["class"]) == [classes[target] for target in story["target"]]
