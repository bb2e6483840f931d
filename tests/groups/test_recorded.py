"""The groups that the bundled models' records name, found again by their recipe."""

import pytest

import references
from confidence_neurons import available_models, unigram_counts
from confidence_neurons.engine.scan import scan
from confidence_neurons.groups.finding import find_groups
from confidence_neurons.groups.recorded import EVERY, RATE, SEED, recorded_groups
from confidence_neurons.text.altered import corrupt
from confidence_neurons.text.reading import prose_tokens


@pytest.mark.parametrize("name", available_models())
def test_the_recipe_finds_what_the_record_names(name):
    model = references.bundled(name)
    rows = corrupt(prose_tokens(model)[::EVERY], RATE, unigram_counts(name), seed=SEED)
    assert find_groups(scan(model, rows, method="second-order")) == recorded_groups(name)


def test_a_model_without_a_record_is_refused():
    with pytest.raises(ValueError, match="unknown model 'llama'"):
        recorded_groups("llama")
