"""Sets that are ablated together, against whole runs with hooks."""

import pytest
import torch

import references
import references_mediation
from confidence_neurons.engine.tokens import token_effects
from confidence_neurons.model.state import run_final
from confidence_neurons_book.causal_effects.sets import ablated_set, mean_level, set_effects

SETS = {"pair": [3, 40], "one": [7]}
ARCHITECTURES = ["gpt2-tied", "neox-parallel", "llama"]


@pytest.fixture(params=ARCHITECTURES)
def setting(request):
    model, _ = references.tiny_pair(request.param)
    return model, references.tokens_for(rows=6)  # more rows than are taken at once


def levels(logits, tokens):
    """Entropy and loss at the measured positions, row by row."""
    entropies, losses = [], []
    for row in range(tokens.shape[0]):
        for position in range(1, tokens.shape[1] - 1):
            one = logits[row, position].double()
            entropies.append(references.entropy(one.tolist()))
            losses.append(float(-one.log_softmax(-1)[tokens[row, position + 1]]))
    return {"entropy": torch.tensor(entropies), "loss": torch.tensor(losses)}


def held(model, tokens, neurons):
    activations = run_final(model, tokens).activations
    return {n: references_mediation.mean_activation(activations, n) for n in neurons}


@pytest.mark.parametrize("with_reference", [False, True])
def test_effects_agree_with_hooks(setting, with_reference):
    model, tokens = setting
    reference = references.tokens_for(seed=1) if with_reference else None
    frame = set_effects(model, tokens, SETS, reference=reference)
    for name, neurons in SETS.items():
        source = tokens if reference is None else reference
        runs = references_mediation.runs_by_hooks(model, tokens, held(model, source, neurons))
        part = frame[frame["set"] == name]
        assert set(part["size"]) == {len(neurons)}
        clean = levels(runs["clean"], tokens)
        for effect in ("total", "direct", "indirect"):
            after = levels(runs[effect], tokens)
            for quantity in ("entropy", "loss"):
                found = torch.tensor(part[f"{quantity}_{effect}"].to_numpy())
                expected = after[quantity] - clean[quantity]
                torch.testing.assert_close(found.double(), expected.double(), rtol=1e-4, atol=2e-5)
        changed = (runs["total"].argmax(-1) != runs["clean"].argmax(-1))[:, 1:-1]
        assert part["argmax_changed"].tolist() == changed.flatten().float().tolist()


def test_rows_stand_in_the_order_of_sets_sequences_and_positions(setting):
    model, tokens = setting
    frame = set_effects(model, tokens, SETS)
    rows, kept = tokens.shape[0], tokens.shape[1] - 2
    assert frame["set"].tolist() == ["pair"] * rows * kept + ["one"] * rows * kept
    one = frame[frame["set"] == "one"]
    assert one["sequence"].tolist() == [row for row in range(rows) for _ in range(kept)]
    assert one["position"].tolist() == list(range(1, kept + 1)) * rows


def test_a_set_of_one_is_a_neuron():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for(rows=3)
    alone = token_effects(model, tokens, [7])
    together = set_effects(model, tokens, {"one": [7]})
    for column in ("entropy_total", "entropy_direct", "entropy_indirect", "loss_total"):
        difference = alone[column].to_numpy() - together[column].to_numpy()
        assert abs(difference).max() < 2e-5


@pytest.mark.parametrize("frozen", [False, True])
def test_logits_of_a_set_agree_with_hooks(setting, frozen):
    model, tokens = setting
    state = run_final(model, tokens)
    logits = ablated_set(model, state, [3, 40], mean_level(state), frozen=frozen)
    runs = references_mediation.runs_by_hooks(model, tokens, held(model, tokens, [3, 40]))
    torch.testing.assert_close(logits, runs["direct" if frozen else "total"], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("sets", "match"),
    [
        ({}, "at least one set"),
        ({"none of them": []}, "at least one neuron"),
        ({"one": [64]}, "between 0 and 63"),
        ({"one": [1, 1]}, "more than once"),
    ],
)
def test_bad_sets_are_refused(sets, match):
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match=match):
        set_effects(model, references.tokens_for(), sets)


def test_a_model_that_normalises_its_mlps_output_is_refused():
    model, _ = references.tiny_pair("gemma2")
    with pytest.raises(NotImplementedError):
        set_effects(model, references.tokens_for(), {"one": [1]})
