"""Ablations that need the network to run again, against the whole model with hooks."""

import pytest
import torch

import references
import references_ablation
from confidence_neurons import unigram_counts
from confidence_neurons.engine import rerun
from confidence_neurons.engine.closed_form import Held
from confidence_neurons.engine.rerun import (
    MOST_ROWS,
    TENSORS_PER_TOKEN,
    changes_of_logits,
    rerun_effects,
    tokens_within,
    widened,
)
from confidence_neurons.engine.scan import scan
from confidence_neurons.model.state import run
from confidence_neurons.text.reading import prose_tokens
from confidence_neurons.weights.unigram import Unigram

NEURONS = [63, 5]
EFFECTS = ["entropy_total", "entropy_direct", "loss_indirect", "kl_from_clean", "mean_activation"]


def assert_agrees_with_hooks(model, tokens, neurons, layer, counts, other_text=None):
    to = None if other_text is None else run(model, other_text, layer=layer).mean_activations()
    frame = scan(
        model,
        tokens,
        neurons=neurons,
        layer=layer,
        counts=counts,
        frequency=True,
        to=to,
    )
    assert frame["neuron"].tolist() == neurons
    source = tokens if other_text is None else other_text
    for found in frame.to_dict("records"):
        neuron = found["neuron"]
        mean = references_ablation.mean_activation(model, source, neuron, layer)
        assert found["mean_activation"] == pytest.approx(mean, rel=1e-5, abs=1e-6)
        changes = references_ablation.by_hooks(
            model, tokens, neuron, layer=layer, counts=counts, to=mean
        )
        expected = references_ablation.row(changes)
        references_ablation.assert_agrees(found, expected, references_ablation.HOOK_NOISE)
    return frame


@pytest.mark.parametrize("layer", [0, None])
@pytest.mark.parametrize("architecture", ["gemma2", "granite-residual"])
def test_soft_caps_and_normalised_or_scaled_outputs_agree_with_hooks(architecture, layer):
    model, _ = references.tiny_pair(architecture)
    counts = references_ablation.counts_for()
    assert_agrees_with_hooks(model, references.tokens_for(), NEURONS, layer, counts)


@pytest.mark.parametrize("architecture", ["gpt2-tied", "neox-parallel", "llama", "phi"])
def test_the_first_layer_agrees_with_hooks(architecture):
    model, _ = references.tiny_pair(architecture)
    counts = references_ablation.counts_for()
    other_text = references.tokens_for(rows=1, seed=3)
    assert_agrees_with_hooks(model, references.tokens_for(), NEURONS, 0, counts, other_text)


def test_a_middle_layer_of_prose_agrees_with_hooks():
    model = references.bundled("prose")
    frame = assert_agrees_with_hooks(
        model, prose_tokens(model, 24, 2), [7, 300], 1, unigram_counts("prose")
    )
    last = scan(model, prose_tokens(model, 24, 2), neurons=[7, 300], frequency=True)
    assert set(frame.columns) == set(last.columns)
    assert (frame["weight_norm"] != last["weight_norm"]).all()


def control_direction():
    """Frequencies beside which another direction is put back."""
    direction = torch.randn(300, generator=torch.Generator().manual_seed(5))
    unigram = Unigram.from_counts(references_ablation.counts_for())
    return unigram.restoring(direction / direction.norm())


@pytest.mark.parametrize("counts", [references_ablation.counts_for, control_direction])
@pytest.mark.parametrize("architecture", ["gpt2-untied", "neox-serial", "qwen2"])
def test_on_the_last_layer_running_again_and_the_closed_form_agree(
    architecture, counts, monkeypatch
):
    model, _ = references.tiny_pair(architecture)
    counts = counts()
    arguments = {"neurons": NEURONS, "counts": counts, "frequency": True}
    closed = scan(model, references.tokens_for(), **arguments)
    monkeypatch.setattr("confidence_neurons.engine.scan.closed_form_holds", lambda *_: False)
    again = scan(model, references.tokens_for(), **arguments)
    assert list(again.columns) == list(closed.columns)
    effects = closed.columns.drop([*references_ablation.SHARES, "method"])
    for name in effects:
        assert again[name].tolist() == pytest.approx(closed[name].tolist(), rel=2e-4, abs=2e-6), (
            name
        )


@pytest.mark.parametrize("layer", [0, None])
def test_tokens_at_once_do_not_change_the_effects(layer):
    model, _ = references.tiny_pair("gemma2")
    state = run(model, references.tokens_for(rows=3), layer=layer)
    to_hold = Held.of(state, [5, 9], 0.1, None)
    whole = rerun_effects(model, state, to_hold, 1000)
    for at_once in (24, 12, 7, 1):
        pieces = rerun_effects(model, state, to_hold, at_once)
        for name in whole.columns.drop("method"):
            assert pieces[name].tolist() == pytest.approx(whole[name].tolist(), abs=2e-6), name


def test_tokens_at_once_are_chosen_within_the_budget():
    model, _ = references.tiny_pair("llama")
    state = run(model, references.tokens_for())
    token = TENSORS_PER_TOKEN * 4 * 300
    budgets = {0: 1, token - 1: 1, token: 1, 2 * token - 1: 1, 2.5 * token: 2, 9 * token: 9}
    assert {budget: tokens_within(budget, model, state) for budget in budgets} == budgets
    double = widened(model, state, torch.float64)
    assert tokens_within(8 * token, model, double) == 4
    assert widened(model, double, torch.float32).residual.dtype == torch.float64


def test_the_budget_of_a_scan_decides_how_many_logits_are_held_at_once(monkeypatch):
    model = references.bundled("prose")
    tokens = prose_tokens(model, 64, 3)
    seen = []

    def spy(clean, *arguments):
        seen.append(len(clean))
        return changes_of_logits(clean, *arguments)

    monkeypatch.setattr("confidence_neurons.engine.rerun.changes_of_logits", spy)
    whole = scan(model, tokens, neurons=[5], layer=0)
    assert seen == [3 * 62]
    token = TENSORS_PER_TOKEN * 8 * model.cfg.d_vocab
    for at_once, pieces in ((130, [124, 62]), (64, [62] * 3), (40, [40, 22] * 3)):
        seen.clear()
        found = scan(model, tokens, neurons=[5], layer=0, memory_budget=float(at_once * token))
        assert seen == pieces
        for name in EFFECTS:
            assert found[name].tolist() == pytest.approx(whole[name].tolist(), rel=1e-4, abs=1e-6)


def test_at_most_some_rows_run_at_once(monkeypatch):
    model, _ = references.tiny_pair("llama")
    tokens = references.tokens_for(rows=MOST_ROWS + 3)
    own, seen = rerun.run_network, []

    def spy(model, tokens, *arguments):
        seen.append(len(tokens))
        return own(model, tokens, *arguments)

    monkeypatch.setattr(rerun, "run_network", spy)
    scan(model, tokens, neurons=[5], layer=0)
    assert seen == [MOST_ROWS, 3]


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_half_precision_is_refused_where_the_network_has_to_run_again(kind):
    model = references.load_network(references.tiny_network("llama")).to(kind)
    with pytest.raises(ValueError, match=f"float32 or float64, .* got {kind}: load it with"):
        scan(model, references.tokens_for(), layer=0)


def test_double_precision_agrees_with_hooks():
    model = references.load_network(references.tiny_network("llama")).to(torch.float64)
    counts = references_ablation.counts_for()
    assert_agrees_with_hooks(model, references.tokens_for(), NEURONS, 0, counts)


def test_the_model_is_left_as_it_was():
    model, _ = references.tiny_pair("gemma2")
    tokens = references.tokens_for()
    before = model(tokens)
    scan(model, tokens, neurons=[1])
    assert model(tokens).equal(before)
