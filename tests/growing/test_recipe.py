"""Recipes: consistent in themselves, and with the models that ship."""

import json
from dataclasses import fields, replace

import pytest

from confidence_neurons.growing.recipe import PROSE, RECIPES, Recipe
from confidence_neurons.model.bundled import MODELS
from growing.conftest import prose_settling


def test_the_control_differs_in_the_final_scale_alone():
    control = RECIPES["prose-no-norm"]
    different = {
        field.name
        for field in fields(Recipe)
        if getattr(control, field.name) != getattr(PROSE, field.name)
    }
    assert different == {"name", "frozen_scale"}
    assert PROSE.frozen_scale is None


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_recipes_go_by_their_own_names(name):
    assert RECIPES[name].name == name


def test_derived_sizes():
    recipe = Recipe(name="x", d_model=24, batch_size=3, sequence_length=50)
    assert recipe.d_mlp == 96
    assert recipe.tokens_per_step == 150


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_bundled_model_has_the_shape_of_its_recipe(name):
    recipe = RECIPES[name]
    config = json.loads((MODELS / name / "config.json").read_text(encoding="utf-8"))
    assert config["vocab_size"] == recipe.vocab_size
    assert config["hidden_size"] == recipe.d_model
    assert config["num_hidden_layers"] == recipe.n_layers
    assert config["num_attention_heads"] == recipe.n_heads
    assert config["intermediate_size"] == recipe.d_mlp
    assert config["max_position_embeddings"] == recipe.sequence_length
    assert config["tie_word_embeddings"] == recipe.tied
    assert ("final_layer_norm_eps" in config) == (recipe.frozen_scale is not None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"corrupted_share": 0.8, "repeated_share": 0.3},
        {"corrupted_share": -0.1},
        {"d_model": 130},
        {"steps": 0},
        {"shortest_segment": 9, "longest_segment": 8},
        {"frozen_scale": 0.0},
        {"frozen_scale": 1.0, "final_norm": "rms"},
        {"corrupted_share": 1.5},
        {"noise": ()},
        {"noise": ("unigram", "snow")},
        {"random_repeats": 1.5},
        {"dropout": 1.0},
        {"dropout": -0.1},
        {"final_norm": "batch"},
        {"settling": replace(prose_settling(), start=PROSE.steps)},
    ],
)
def test_a_recipe_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(PROSE, **wrong)
