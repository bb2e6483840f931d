"""Joint clip ablation against the one of `neuron_effects` and hooks; distance to the unigram."""

import math

import pytest
import torch

import references
import references_induction
from confidence_neurons.induction.copies import copy_masks
from confidence_neurons.model.state import run_final
from confidence_neurons.text.altered import repeated_random
from confidence_neurons_book.induction.activations import mean_activations
from confidence_neurons_book.induction.effects import neuron_effects
from confidence_neurons_book.induction.joint import KL, distance_to_unigram, joint_effects

PERIOD = 5
SETS = {"one": [3, 60], "other": [8]}


@pytest.fixture(params=["gpt2-tied", "llama"])
def setting(request):
    model, _ = references.tiny_pair(request.param)
    tokens = repeated_random(300, PERIOD, count=3)
    counts = torch.arange(300).flip(0)
    return model, tokens, *copy_masks(tokens, PERIOD), counts


def slow_distance(logits, counts):
    total = sum(counts) + len(counts)
    model = references.softmax(logits)
    share = [(count + 1) / total for count in counts]
    return sum(f * (math.log(f) - math.log(p)) for f, p in zip(share, model, strict=True))


def test_it_agrees_with_the_effects_of_whole_sets(setting):
    model, tokens, first, second, counts = setting
    joint = joint_effects(model, tokens, SETS, second, first, counts)
    apart = neuron_effects(model, tokens, SETS, second, first)
    apart = apart[apart["neuron"].isna()].set_index(["set", "quantity"])
    found = joint.set_index(["set", "quantity"])
    for key, row in apart.iterrows():
        for column in ("clean", "ablated", "change", "low", "high"):
            expected = pytest.approx(row[column], abs=1e-6, nan_ok=True)
            assert found.loc[key, column] == expected
    assert joint.groupby("set")["size"].first().to_dict() == {"one": 2, "other": 1}


def test_the_distance_to_the_unigram_agrees_with_hooks(setting):
    model, tokens, first, second, counts = setting
    joint = joint_effects(model, tokens, SETS, second, first, counts).set_index(["set", "quantity"])
    activations = run_final(model, tokens).activations
    mean = mean_activations(activations, first)
    rises = (mean_activations(activations, second) > mean).tolist()
    with torch.no_grad():
        clean = model(tokens)
    for name, neurons in SETS.items():
        ablated, _ = references_induction.ablated_by_hooks(
            model, tokens, neurons, mean.tolist(), rises
        )
        for column, logits in (("clean", clean), ("ablated", ablated)):
            places = [
                slow_distance(logits[row, place].tolist(), counts.tolist())
                for row, place in second.nonzero().tolist()
            ]
            expected = sum(places) / len(places)
            assert joint.loc[(name, KL), column] == pytest.approx(expected, abs=1e-4)


def test_counts_of_another_vocabulary_and_no_sets_are_refused(setting):
    model, tokens, first, second, counts = setting
    with pytest.raises(ValueError, match="another vocabulary"):
        joint_effects(model, tokens, SETS, second, first, counts[1:])
    with pytest.raises(ValueError, match="another vocabulary"):
        distance_to_unigram(model, torch.zeros(1, 32), counts[1:])
    with pytest.raises(ValueError, match="at least one set"):
        joint_effects(model, tokens, {}, second, first, counts)
    with pytest.raises(ValueError, match="at least one neuron"):
        joint_effects(model, tokens, {"none": []}, second, first, counts)
