"""Batches of a language: decided by the step and the seed alone."""

from dataclasses import replace

import pytest
import torch

from confidence_neurons.growing.language import Language
from confidence_neurons.growing.language_batches import FIRST_SEED, LanguageBatches

LANGUAGE = Language(content=10, rank=3)


@pytest.fixture
def batches(recipe) -> LanguageBatches:
    return LanguageBatches(replace(recipe, vocab_size=LANGUAGE.d_vocab), LANGUAGE)


def test_a_batch_has_the_recipes_shape_and_depends_on_the_step_alone(batches):
    forwards = [batches.batch(step) for step in (0, 1, 63, 64, 65)]
    backwards = [batches.batch(step) for step in (65, 64, 63, 1, 0)]
    assert all(torch.equal(a, b) for a, b in zip(forwards, reversed(backwards), strict=True))
    assert forwards[0].shape == (4, 32)
    assert len({tuple(batch.flatten().tolist()) for batch in forwards}) == 5


def test_another_seed_gives_other_batches_of_the_same_language(batches):
    other = LanguageBatches(replace(batches.recipe, seed=1), LANGUAGE)
    assert not torch.equal(batches.batch(0), other.batch(0))


def test_texts_to_measure_on_are_not_trained_on(batches):
    rows = {tuple(row) for step in range(64) for row in batches.batch(step).tolist()}
    drawn = {tuple(row) for row in LANGUAGE.draw(256, 32, FIRST_SEED - 1).tokens.tolist()}
    assert not rows & drawn


def test_a_recipe_for_another_vocabulary_is_refused(recipe):
    with pytest.raises(ValueError, match=r"vocab_size of 14, .* got 280"):
        LanguageBatches(recipe, LANGUAGE)
