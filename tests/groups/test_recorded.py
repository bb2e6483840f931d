"""The groups that the bundled models' records name, found again by their recipe."""

import json

import pandas as pd
import pytest

import references
from confidence_neurons import (
    find_groups,
    load_light,
    neuron_weights,
    prose_tokens,
    scan,
    unigram_counts,
)
from confidence_neurons.groups.finding import COSINE, NULL_FRACTION
from confidence_neurons.groups.recorded import FETCHED, FILE, GROWN, recorded_groups
from confidence_neurons.growing.phenomena import groups_record
from confidence_neurons.model.bundled import bundled_names, verified_file

RECIPES = {name: GROWN for name in bundled_names()} | FETCHED


@pytest.mark.parametrize("name", bundled_names())
def test_the_recipe_finds_what_the_record_names(name):
    record = groups_record(references.bundled(name), unigram_counts(name), GROWN)
    assert record["groups"] == recorded_groups(name)


@pytest.mark.parametrize("name", FETCHED)
def test_the_recipe_finds_what_the_record_of_a_fetched_model_names(name):
    """Weights say who can be in a group; of the others every tenth stands for ten in the median."""
    model, recipe, counts = load_light(name), FETCHED[name], unigram_counts(name)
    weights = neuron_weights(model, k=recipe.k, counts=counts)
    along = weights["frequency_cosine"].abs() > COSINE
    possible = (weights["null_fraction"] > NULL_FRACTION) | along
    chosen = weights.loc[possible, "neuron"].tolist()
    others = weights.loc[~possible, "neuron"].tolist()[::10]
    rows = prose_tokens(model, length=recipe.length)[:: recipe.every]
    asked = {"method": "second-order", "counts": counts, "k": recipe.k}
    scanned = scan(model, rows, neurons=[*chosen, *others], **asked)
    is_other = scanned["neuron"].isin(others)
    assert recipe.corrupted == 0
    assert find_groups(pd.concat([scanned, *[scanned[is_other]] * 9])) == recorded_groups(name)


@pytest.mark.parametrize("name", RECIPES)
def test_the_record_says_its_recipe(name):
    stored = json.loads(verified_file(name, FILE).read_text(encoding="utf-8"))
    assert stored["recipe"] == RECIPES[name].in_words


def test_a_model_without_a_record_is_refused():
    with pytest.raises(ValueError, match="unknown model 'llama'"):
        recorded_groups("llama")
