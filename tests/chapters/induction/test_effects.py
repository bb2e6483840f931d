"""Frames of ablation effects: each row against the same ablation done by hooks."""

import pytest
import torch

import references
import references_induction
from confidence_neurons.induction.copies import copy_masks
from confidence_neurons.model.state import run_final
from confidence_neurons.text.altered import repeated_random
from confidence_neurons_book.induction.activations import mean_activations
from confidence_neurons_book.induction.effects import head_effects, neuron_effects

PERIOD = 5
COLUMNS = ["set", "quantity", "neuron", "clean", "ablated", "change", "low", "high", "places"]


@pytest.fixture(params=["gpt2-tied", "llama"])
def setting(request):
    model, _ = references.tiny_pair(request.param)
    tokens = repeated_random(300, PERIOD, count=3)
    return model, tokens, *copy_masks(tokens, PERIOD)


def mean_readings(logits, tokens, task):
    places = [
        references_induction.readings(
            logits[row, position].tolist(), int(tokens[row, position + 1])
        )
        for row, position in task.nonzero().tolist()
    ]
    return {name: sum(one[name] for one in places) / len(places) for name in places[0]}


def assert_row_agrees(frame, logits, clean_logits, tokens, task):
    table = frame.set_index("quantity")
    before = mean_readings(clean_logits, tokens, task)
    after = mean_readings(logits, tokens, task)
    for quantity, value in after.items():
        assert table.loc[quantity, "ablated"] == pytest.approx(value, abs=1e-5), quantity
        assert table.loc[quantity, "change"] == pytest.approx(value - before[quantity], abs=1e-5)


@pytest.mark.parametrize("clip", [True, False])
def test_neuron_effects_agree_with_hooks(setting, clip):
    model, tokens, first, second = setting
    sets = {"chosen": [3, 60], "control": [8]}
    frame = neuron_effects(model, tokens, sets, second, first, clip=clip)
    assert frame.columns.tolist() == COLUMNS
    activations = run_final(model, tokens).activations
    mean = mean_activations(activations, first)
    rises = (mean_activations(activations, second) > mean).tolist()
    assert 0 < sum(rises) < 64
    with torch.no_grad():
        clean_logits = model(tokens)
    for name, neurons in sets.items():
        part = frame[frame["set"] == name]
        assert part["neuron"].dropna().unique().tolist() == neurons
        alone = {neuron: part[part["neuron"] == neuron] for neuron in neurons}
        cases = [([neuron], rows) for neuron, rows in alone.items()]
        for ablated, rows in [*cases, (neurons, part[part["neuron"].isna()])]:
            logits, _ = references_induction.ablated_by_hooks(
                model, tokens, ablated, mean.tolist(), rises if clip else None
            )
            assert_row_agrees(rows, logits, clean_logits, tokens, second)


def test_head_effects_agree_with_hooks(setting):
    model, tokens, _, second = setting
    sets = {"chosen": [(1, 2), (0, 1)], "control": [(1, 0)]}
    frame = head_effects(model, tokens, sets, second, neurons=[9, 2])
    assert frame.columns.tolist() == COLUMNS
    with torch.no_grad():
        clean_logits = model(tokens)
    for name, heads in sets.items():
        part = frame[frame["set"] == name]
        logits = references_induction.bos_ablated_by_hooks(model, tokens, heads)
        assert_row_agrees(part, logits, clean_logits, tokens, second)
        activations = part[part["quantity"] == "activation"]
        assert activations["neuron"].tolist() == [9, 2]
        assert (activations["change"].abs() > 1e-4).all()


def test_one_neuron_alone_is_the_same_as_a_set_of_one(setting):
    model, tokens, first, second = setting
    frame = neuron_effects(model, tokens, {"one": [11]}, second, first)
    alone = frame[frame["neuron"] == 11].set_index("quantity")
    together = frame[frame["neuron"].isna()].set_index("quantity")
    assert alone["ablated"].dropna().tolist() == together["ablated"].dropna().tolist()


def test_clipping_is_not_holding_at_the_mean():
    model, _ = references.tiny_pair("neox-serial")
    tokens = repeated_random(300, PERIOD, count=3)
    first, second = copy_masks(tokens, PERIOD)
    clipped = neuron_effects(model, tokens, {"some": [1]}, second, first)
    held = neuron_effects(model, tokens, {"some": [1]}, second, first, clip=False)
    one, other = (frame.set_index("quantity")["ablated"] for frame in (clipped, held))
    assert one["entropy"].iloc[0] != other["entropy"].iloc[0]


@pytest.mark.parametrize(
    ("sets", "match"),
    [
        ({}, "at least one set"),
        ({"chosen": []}, "at least one neuron"),
        ({"chosen": [1], "control": [64]}, "between 0 and 63"),
        ({"chosen": [1, 1]}, "more than once"),
    ],
)
def test_bad_sets_of_neurons_are_refused(setting, sets, match):
    model, tokens, first, second = setting
    with pytest.raises(ValueError, match=match):
        neuron_effects(model, tokens, sets, second, first)


@pytest.mark.parametrize(
    ("sets", "neurons", "match"),
    [
        ({}, [], "at least one set"),
        ({"chosen": []}, [], "at least one head"),
        ({"chosen": [(0, 0)], "control": [(0, 9)]}, [], "heads from 0 to 3"),
        ({"chosen": [(0, 0)]}, [64], "between 0 and 63"),
    ],
)
def test_bad_sets_of_heads_are_refused(setting, sets, neurons, match):
    model, tokens, _, second = setting
    with pytest.raises(ValueError, match=match):
        head_effects(model, tokens, sets, second, neurons)


def test_a_reference_that_chooses_nothing_is_refused(setting):
    model, tokens, first, second = setting
    with pytest.raises(ValueError, match="at least one position"):
        neuron_effects(model, tokens, {"chosen": [1]}, second, torch.zeros_like(first))


def test_a_model_that_normalises_its_mlps_output_is_refused():
    model, _ = references.tiny_pair("gemma2")
    tokens = repeated_random(300, PERIOD, count=3)
    first, second = copy_masks(tokens, PERIOD)
    with pytest.raises(NotImplementedError):
        neuron_effects(model, tokens, {"chosen": [1]}, second, first)
