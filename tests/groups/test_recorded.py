"""The groups that the bundled models' records name, found again by their recipe."""

import json

import pytest

import references
from confidence_neurons import unigram_counts
from confidence_neurons.groups.recorded import FILE, recorded_groups
from confidence_neurons.growing.phenomena import groups_record
from confidence_neurons.model.bundled import bundled_names, verified_file


@pytest.mark.parametrize("name", bundled_names())
def test_the_recipe_finds_what_the_record_names(name):
    record = groups_record(references.bundled(name), unigram_counts(name))
    assert record["groups"] == recorded_groups(name)
    stored = json.loads(verified_file(name, FILE).read_text(encoding="utf-8"))
    assert record["recipe"] == stored["recipe"]


def test_a_model_without_a_record_is_refused():
    with pytest.raises(ValueError, match="unknown model 'llama'"):
        recorded_groups("llama")
