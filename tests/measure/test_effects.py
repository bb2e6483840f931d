"""Effects of groups along every path, against whole runs with hooks and loops."""

import pytest
import torch

import references
import references_ablation
from confidence_neurons import unigram_counts
from confidence_neurons.engine.tokens import token_effects
from confidence_neurons.measure import effects as module
from confidence_neurons.measure.effects import compare, effects
from confidence_neurons.measure.interventions import ablate, ablate_heads, write
from confidence_neurons.model.state import run
from confidence_neurons.text.altered import corrupt
from confidence_neurons.text.reading import prose_tokens
from tiny_models import ARCHITECTURES

PATHS = ("total", "direct", "indirect", "frequency")
QUANTITIES = ("entropy", "loss", "kl", "kl_reverse")
GROUPS = {"two": [5, 60], "one": [8]}


def assert_agrees_with_hooks(model, tokens, groups, counts, atol=2e-5):
    state = run(model, tokens)
    frame = effects(model, state, groups, paths=PATHS, quantities=QUANTITIES, counts=counts)
    level = state.mean_activations()
    for name, neurons in groups.items():
        held = {neuron: float(level[neuron]) for neuron in neurons}
        runs = references_ablation.runs_by_hooks(model, tokens, held)
        expected = references_ablation.changes_of(runs.pop("clean"), runs, tokens, counts)
        rows = frame[frame["group"] == name]
        for column, values in expected.items():
            assert rows[column].tolist() == pytest.approx(values.tolist(), rel=1e-3, abs=atol), (
                column
            )


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_effects_on_tiny_models_agree_with_hooks(architecture):
    model, _ = references.tiny_pair(architecture)
    counts = references_ablation.counts_for()
    assert_agrees_with_hooks(model, references.tokens_for(rows=3), GROUPS, counts)


@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_effects_on_the_bundled_models_agree_with_hooks(name):
    model, counts = references.bundled(name), unigram_counts(name)
    tokens = corrupt(prose_tokens(model, length=24, count=2), 0.5, counts)
    strong = model.blocks[-1].mlp.W_out.norm(dim=1).topk(5).indices.tolist()
    assert_agrees_with_hooks(model, tokens, {"strong": strong, "one": strong[:1]}, counts)


def test_the_frame_is_laid_out_group_by_group_in_the_order_of_the_positions():
    model, _ = references.tiny_pair("llama")
    tokens = references.tokens_for(rows=2, length=5)
    frame = effects(model, run(model, tokens), GROUPS, paths="total", quantities="entropy")
    places = [[row, t] for row in (0, 1) for t in (1, 2, 3)]
    assert frame["group"].tolist() == ["two"] * 6 + ["one"] * 6
    assert frame[["sequence", "position"]].to_numpy().tolist() == places * 2


def test_a_group_of_one_is_what_the_engine_measures():
    model = references_ablation.loud_model("neox-serial")
    tokens = references.tokens_for(rows=3)
    by_engine = token_effects(model, tokens, [8, 33])
    frame = effects(model, run(model, tokens), {8: [8], 33: [33]})
    for name in frame.columns.drop(["group", "argmax_changed"]):
        assert frame[name].tolist() == pytest.approx(
            by_engine[name].tolist(), rel=1e-3, abs=5e-6
        ), name


def test_pieces_do_not_change_the_effects(monkeypatch):
    model, _ = references.tiny_pair("llama")
    state = run(model, references.tokens_for(rows=5))
    whole = effects(model, state, GROUPS)
    monkeypatch.setattr(module, "tokens_at_once", lambda model: 24)
    pieces = effects(model, state, GROUPS)
    for name in whole.columns.drop("group"):
        assert pieces[name].tolist() == pytest.approx(whole[name].tolist(), abs=2e-6), name


def test_only_chosen_positions_are_measured_and_the_level_can_come_from_others():
    model = references_ablation.loud_model("llama")
    tokens = references.tokens_for(rows=3)
    task = torch.zeros_like(tokens, dtype=torch.bool)
    task[:, 6:9] = True
    state = run(model, tokens)
    level = state.mean_activations()
    frame = effects(model, state.at(task), GROUPS, to=level)
    whole = effects(model, state, GROUPS, to=level)
    same = whole[whole["position"].between(6, 8)].reset_index(drop=True)
    for name in frame.columns.drop("group"):
        assert frame[name].tolist() == pytest.approx(same[name].tolist(), abs=2e-6), name


def test_any_intervention_can_be_compared():
    model, _ = references.tiny_pair("llama")
    state = run(model, references.tokens_for())
    changed = {
        "held": ablate(model, state, [4], to=1.0),
        "heads": ablate_heads(model, state, [(0, 1)]),
        "written": write(model, state, torch.ones(32), 0.5),
        "nothing": state,
    }
    frame = compare(model, state, changed, quantities=("entropy", "scale", "right"))
    sizes = frame.groupby("group", sort=False)["kl_from_clean"].mean()
    assert (sizes[["held", "heads", "written"]] > 1e-6).all()
    nothing = frame[frame["group"] == "nothing"].drop(columns=["group", "sequence", "position"])
    assert (nothing.abs().max() < 1e-6).all()
    expected = (changed["written"].scale - state.scale)[state.counted].flatten().tolist()
    written = frame[frame["group"] == "written"]
    assert written["scale_total"].tolist() == pytest.approx(expected, rel=1e-5)
    assert written["scale_indirect"].tolist() == pytest.approx(expected, rel=1e-5)
    assert (written["scale_direct"] == 0).all()


def test_another_direction_can_be_put_back():
    model = references_ablation.loud_model("gpt2-tied")
    state, counts = run(model, references.tokens_for()), references_ablation.counts_for()
    changed = {"held": ablate(model, state, [4, 5], to=1.0)}
    direction = torch.randn(300, generator=torch.Generator().manual_seed(2))
    direction = (direction - direction.mean()) / direction.norm()
    options = {"paths": ("total", "frequency"), "quantities": "entropy", "counts": counts}
    own = compare(model, state, changed, **options)
    other = compare(model, state, changed, restored=direction, **options)
    assert own["entropy_total"].equals(other["entropy_total"])
    assert not own["entropy_frequency"].equals(other["entropy_frequency"])


def test_states_of_another_text_are_refused():
    model, _ = references.tiny_pair("llama")
    state = run(model, references.tokens_for(rows=2))
    with pytest.raises(ValueError, match="expected states of one text, got 'other'"):
        compare(model, state, {"other": run(model, references.tokens_for(rows=3))})
