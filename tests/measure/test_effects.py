"""Effects of groups that are held together, against whole runs with hooks."""

import pytest
import torch

import confidence_neurons as cn
import references
import references_mediation

GROUPS = {"pair": [3, 40], "one": [7]}


@pytest.fixture(scope="module", params=["gpt2-tied", "neox-parallel", "llama"])
def setting(request):
    model, _ = references.tiny_pair(request.param)
    return model, references.tokens_for(rows=3)


def levels(logits, tokens):
    """Entropy and loss at the counted positions, row by row."""
    entropies, losses = [], []
    for row in range(tokens.shape[0]):
        for position in range(1, tokens.shape[1] - 1):
            one = logits[row, position].double()
            entropies.append(references.entropy(one.tolist()))
            losses.append(float(-one.log_softmax(-1)[tokens[row, position + 1]]))
    return {"entropy": torch.tensor(entropies), "loss": torch.tensor(losses)}


@pytest.mark.parametrize("elsewhere", [False, True])
def test_effects_agree_with_hooks(setting, elsewhere):
    model, tokens = setting
    other = cn.run(model, references.tokens_for(seed=1) if elsewhere else tokens)
    to = other.mean_activations() if elsewhere else None
    frame = cn.effects(model, cn.run(model, tokens), GROUPS, to=to)
    for name, neurons in GROUPS.items():
        held = {n: references_mediation.mean_activation(other.activations, n) for n in neurons}
        runs = references_mediation.runs_by_hooks(model, tokens, held)
        part = frame[frame["group"] == name]
        clean = levels(runs["clean"], tokens)
        for path in ("total", "direct", "indirect"):
            after = levels(runs[path], tokens)
            for quantity in ("entropy", "loss"):
                found = torch.tensor(part[f"{quantity}_{path}"].to_numpy())
                expected = after[quantity] - clean[quantity]
                torch.testing.assert_close(found.double(), expected.double(), rtol=1e-4, atol=2e-5)
        changed = (runs["total"].argmax(-1) != runs["clean"].argmax(-1))[:, 1:-1]
        assert part["argmax_changed"].tolist() == changed.flatten().float().tolist()


def test_rows_stand_in_the_order_of_groups_sequences_and_positions():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for(rows=200, length=12)  # more than are unembedded at once
    frame = cn.effects(model, cn.run(model, tokens), GROUPS, paths="total", quantities="entropy")
    places = [(row, position) for row in range(200) for position in range(1, 11)]
    for name, part in frame.groupby("group", sort=False):
        assert list(zip(part["sequence"], part["position"], strict=True)) == places, name
    assert frame["group"].drop_duplicates().tolist() == list(GROUPS)


def test_a_group_of_one_is_a_neuron():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for(rows=3)
    alone = cn.token_effects(model, tokens, [7])
    together = cn.effects(model, cn.run(model, tokens), {"one": [7]})
    columns = ["entropy_total", "entropy_direct", "entropy_indirect", "loss_total"]
    assert alone[columns].to_numpy() == pytest.approx(together[columns].to_numpy(), abs=2e-5)
