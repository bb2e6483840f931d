"""The groups that the bundled models' records name, found again by their recipe."""

import json

import pytest

import references
from confidence_neurons import load_light, unigram_counts
from confidence_neurons.groups.recorded import FETCHED, FILE, GROWN, recorded_groups
from confidence_neurons.growing.phenomena import groups_record
from confidence_neurons.model.bundled import bundled_names, verified_file

RECIPES = {name: GROWN for name in bundled_names()} | FETCHED


@pytest.mark.parametrize("name", RECIPES)
def test_the_recipe_finds_what_the_record_names(name):
    model = references.bundled(name) if name in bundled_names() else load_light(name)
    record = groups_record(model, unigram_counts(name), RECIPES[name])
    assert record["groups"] == recorded_groups(name)
    stored = json.loads(verified_file(name, FILE).read_text(encoding="utf-8"))
    assert record["recipe"] == stored["recipe"]


def test_a_model_without_a_record_is_refused():
    with pytest.raises(ValueError, match="unknown model 'llama'"):
        recorded_groups("llama")
