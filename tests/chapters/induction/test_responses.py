"""Responses taken back at the logits, against states that were changed and unembedded."""

from dataclasses import replace

import pytest
import torch

import confidence_neurons as cn
import references_ablation
from confidence_neurons.model.architecture import final_norm, output_weights
from confidence_neurons_book.induction.clipping import clip_effects
from confidence_neurons_book.induction.responses import (
    by_path,
    response,
    take_back,
    thinned,
)

PERIOD = 5
GROUPS = {"chosen": [3, 60], 8: [8]}


@pytest.fixture(params=["gpt2-tied", "llama"])
def copies(request):
    model = references_ablation.loud_model(request.param)
    tokens = cn.repeated_random(300, PERIOD, count=3)
    state = cn.run(model, tokens)
    first, second = (state.at(copy) for copy in cn.induction.copy_masks(tokens, PERIOD))
    return model, first, second


def test_a_response_is_a_difference_of_means(copies):
    _, first, second = copies
    expected = second.activations[:, 6:10, 3].mean() - first.activations[:, 1:6, 3].mean()
    assert float(response(second, first)[3]) == pytest.approx(float(expected), abs=1e-6)


def test_effects_are_those_of_states_without_the_response(copies):
    model, first, second = copies
    of = 100 * response(second, first)
    quantities = ("entropy", "loss", "confidence", "right")
    found = take_back(model, second, of, GROUPS, quantities)
    changed = {}
    for name, neurons in GROUPS.items():
        residual = second.residual - of[neurons] @ output_weights(model)[neurons]
        scale = final_norm(model).scale(residual)
        changed[name] = replace(second, residual=residual, scale=scale)
    expected = cn.compare(
        model, second, changed, paths=("total", "direct"), quantities=quantities
    ).drop(columns="kl_from_clean")
    assert found["entropy_total"].abs().max() > 0.01
    assert found["group"].tolist() == expected["group"].tolist()
    for column in expected.columns.drop("group"):
        assert found[column].to_numpy() == pytest.approx(expected[column].to_numpy(), abs=2e-5)


def test_clipping_has_a_row_for_each_place_and_holds_at_the_first_copy(copies):
    model, first, second = copies
    found = clip_effects(model, {"two": second, "one": first}, first, second, GROUPS)
    rises = second.mean_activations() > first.mean_activations()
    for name, state in {"two": second, "one": first}.items():
        held = cn.ablate(model, state, [3, 60], to=first.mean_activations(), clip=rises)
        change = cn.read(model, held, "entropy")["entropy"] - cn.read(model, state)["entropy"]
        rows = found[(found["place"] == name) & (found["group"] == "chosen")]
        assert rows["entropy_total"].to_numpy() == pytest.approx(change.to_numpy(), abs=1e-5)


def test_means_have_a_row_for_each_path(copies):
    model, first, second = copies
    found = by_path(take_back(model, second, response(second, first), GROUPS))
    assert found["path"].tolist() == ["total", "scale frozen"] * 2
    assert found["group"].tolist() == ["chosen"] * 2 + [8] * 2


def test_thinned_states_count_some_of_the_positions(copies):
    _, _, second = copies
    assert second.counted[0].nonzero().flatten().tolist() == [6, 7, 8, 9]
    assert thinned(second, 2).counted[0].nonzero().flatten().tolist() == [6, 8]
    assert not torch.equal(thinned(second, 2).counted, second.counted)
