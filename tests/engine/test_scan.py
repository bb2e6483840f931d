"""Every column of the scan against slow references, one neuron at a time."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
import references_ablation
from confidence_neurons import unigram_counts
from confidence_neurons.engine import closed_form
from confidence_neurons.engine.scan import FIRST_COLUMNS, scan
from confidence_neurons.model.state import run
from confidence_neurons.text.altered import corrupt
from confidence_neurons.text.reading import prose_tokens
from tiny_models import D_MLP

REFERENCES = [
    (references_ablation.by_formula, references_ablation.FORMULA_NOISE),
    (references_ablation.by_hooks, references_ablation.HOOK_NOISE),
]
PLAIN_COLUMNS = [
    *("neuron", "weight_norm", "logit_var", "null_fraction", "frequency_cosine"),
    "mean_activation",
    *("entropy_total", "entropy_direct", "entropy_indirect", "entropy_ln_mediated"),
    "entropy_shift",
    *("loss_total", "loss_direct", "loss_indirect", "loss_ln_mediated", "loss_shift"),
    *("kl_from_clean", "argmax_changed", "method", "error_estimate"),
]
FREQUENCY_COLUMNS = {
    *("kl_total", "kl_frequency", "frequency_mediated", "kl_shift"),
    *("kl_reverse_total", "kl_reverse_frequency", "kl_reverse_frequency_mediated"),
    *("entropy_frequency", "entropy_frequency_mediated"),
    *("loss_frequency", "loss_frequency_mediated"),
}


def assert_agrees_with_references(
    model, tokens, neurons, other_text, counts, references_and_noise=REFERENCES
):
    to = None if other_text is None else run(model, other_text).mean_activations()
    frame = scan(model, tokens, neurons=neurons, to=to, frequency=True, counts=counts)
    assert frame["neuron"].tolist() == neurons
    assert set(frame.columns) == {*PLAIN_COLUMNS, *FREQUENCY_COLUMNS}
    source = tokens if other_text is None else other_text
    for found in frame.to_dict("records"):
        neuron = found["neuron"]
        mean = references_ablation.mean_activation(model, source, neuron)
        assert found["mean_activation"] == pytest.approx(mean, rel=1e-5, abs=1e-6)
        for way, noise in references_and_noise:
            changes = way(model, tokens, neuron, to=mean, counts=counts)
            expected = references_ablation.row(changes)
            assert set(expected) >= FREQUENCY_COLUMNS
            references_ablation.assert_agrees(found, expected, noise)
    return frame


@pytest.mark.parametrize("from_other_text", [False, True])
@pytest.mark.parametrize("architecture", ["gemma", "gpt2-tied", "neox-parallel", "phi", "qwen2"])
def test_every_effect_agrees_on_tiny_models(architecture, from_other_text):
    model, _ = references.tiny_pair(architecture)
    other_text = references.tokens_for(rows=1, length=20, seed=4) if from_other_text else None
    counts = references_ablation.counts_for()
    tokens = references.tokens_for(rows=3)
    assert_agrees_with_references(model, tokens, [63, 0, 5], other_text, counts)


@pytest.mark.parametrize("architecture", ["gpt2-untied", "llama", "neox-serial"])
def test_every_effect_agrees_where_changes_are_large(architecture):
    model = references_ablation.loud_model(architecture)
    counts = references_ablation.counts_for(seed=1)
    frame = assert_agrees_with_references(
        model, references.tokens_for(rows=3), [8, 40], None, counts
    )
    assert (frame["loss_total"] > 1e-3).all()


@pytest.mark.parametrize("from_other_text", [False, True])
@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_every_effect_agrees_on_the_bundled_models(name, from_other_text):
    model, counts = references.bundled(name), unigram_counts(name)
    tokens = prose_tokens(model, 40, 3)
    tokens = torch.cat([tokens, corrupt(tokens, 0.5, counts)])
    norms = model.blocks[-1].mlp.W_out.norm(dim=1)
    neurons = [*norms.topk(3).indices.tolist(), int(norms.argmin())]
    other_text = prose_tokens(model, 60, 9)[7:] if from_other_text else None
    assert_agrees_with_references(model, tokens, neurons, other_text, counts)


@pytest.mark.parametrize("architecture", ["gpt2-tied", "llama"])
def test_what_is_too_large_for_double_precision_is_good_to_1e_7_nats(architecture, monkeypatch):
    monkeypatch.setattr(closed_form, "DOUBLE_BELOW", 0)
    model, _ = references.tiny_pair(architecture)
    tokens, counts = references.tokens_for(rows=3), references_ablation.counts_for()
    single = [(references_ablation.by_formula, references_ablation.SINGLE_NOISE)]
    assert_agrees_with_references(model, tokens, [63, 0, 5], None, counts, single)


@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_the_bundled_models_in_single_precision(name, monkeypatch):
    monkeypatch.setattr(closed_form, "DOUBLE_BELOW", 0)
    model, counts = references.bundled(name), unigram_counts(name)
    tokens = corrupt(prose_tokens(model, 40, 3), 0.5, counts)
    single = [(references_ablation.by_formula, references_ablation.SINGLE_NOISE)]
    neurons = model.blocks[-1].mlp.W_out.norm(dim=1).topk(3).indices.tolist()
    assert_agrees_with_references(model, tokens, neurons, None, counts, single)


def test_what_neurons_are_held_at_changes_the_effects():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for()
    own = scan(model, tokens)
    same = scan(model, tokens, to=run(model, tokens).mean_activations())
    at_zero = scan(model, tokens, to=0.0)
    assert (at_zero["mean_activation"] == 0).all()
    assert not own["entropy_total"].equals(at_zero["entropy_total"])
    assert same["entropy_total"].tolist() == pytest.approx(
        own["entropy_total"].tolist(), rel=1e-4, abs=1e-8
    )


def test_clipped_neurons_at_chosen_positions_agree_with_hooks():
    model = references_ablation.loud_model("llama")
    tokens = references.tokens_for(rows=3)
    at = torch.zeros_like(tokens, dtype=torch.bool)
    at[:, 4:9] = True
    state = run(model, tokens)
    level, clip = state.mean_activations(), torch.arange(D_MLP) % 2 == 0
    frame = scan(model, tokens, neurons=[8, 41], to=level, clip=clip, at=at).set_index("neuron")
    for neuron, row in frame.iterrows():
        held, rises = {neuron: float(level[neuron])}, {neuron: bool(clip[neuron])}
        runs = references_ablation.runs_by_hooks(model, tokens, held, rises=rises)
        clean = runs.pop("clean")
        expected = references_ablation.row(
            references_ablation.changes_of(clean, runs, tokens, None, at)
        )
        references_ablation.assert_agrees(row, expected, references_ablation.HOOK_NOISE)


def test_columns_stand_in_their_order():
    model, _ = references.tiny_pair("neox-serial")
    tokens, counts = references.tokens_for(), references_ablation.counts_for()
    plain, full = scan(model, tokens), scan(model, tokens, counts=counts, frequency=True)
    assert plain.columns.tolist() == PLAIN_COLUMNS
    assert full.columns.tolist()[: len(list(FIRST_COLUMNS))] == list(FIRST_COLUMNS)
    assert plain["neuron"].tolist() == list(range(D_MLP))
    assert plain.index.tolist() == plain["neuron"].tolist()
    assert (plain["method"] == "exact").all()
    assert (plain["error_estimate"] == 0).all()


def test_counts_alone_give_the_cosine_and_no_more():
    model, _ = references.tiny_pair("neox-serial")
    tokens, counts = references.tokens_for(), references_ablation.counts_for()
    frame = scan(model, tokens, counts=counts)
    assert frame.columns.tolist() == PLAIN_COLUMNS
    assert frame["frequency_cosine"].notna().all()
    assert scan(model, tokens)["frequency_cosine"].isna().all()


def test_a_bundled_model_has_counts_of_its_own():
    model = references.bundled("prose")
    tokens = prose_tokens(model, 16, 1)
    own = scan(model, tokens, neurons=[3], frequency=True)
    given_ = scan(model, tokens, neurons=[3], frequency=True, counts=unigram_counts("prose"))
    assert own.equals(given_)
    shuffled = unigram_counts("prose").flip(0)
    other = scan(model, tokens, neurons=[3], frequency=True, counts=shuffled)
    assert other.loc[0, "frequency_cosine"] != own.loc[0, "frequency_cosine"]


def test_the_frequency_columns_leave_the_others_alone():
    model = references_ablation.loud_model("neox-serial")
    tokens, counts = references.tokens_for(), references_ablation.counts_for()
    plain = scan(model, tokens, counts=counts).drop(columns="method")
    full = scan(model, tokens, counts=counts, frequency=True)
    for name in plain:
        assert full[name].tolist() == pytest.approx(plain[name].tolist(), rel=1e-5, abs=3e-7), name


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 63), min_size=1, max_size=20, unique=True))
def test_any_subset_in_any_order_has_the_rows_of_the_whole(neurons):
    model = references_ablation.loud_model("llama")
    tokens = references.tokens_for()
    whole, some = scan(model, tokens), scan(model, tokens, neurons=neurons)
    assert some["neuron"].tolist() == neurons
    for name in some.columns.drop("method"):
        expected = whole.loc[neurons, name].tolist()
        noise = 1e-3 if name.endswith("mediated") else 3e-7
        assert some[name].tolist() == pytest.approx(expected, rel=1e-4, abs=noise, nan_ok=True), (
            name
        )


def test_the_first_position_and_the_last_count_nowhere():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for(rows=4)
    frame = scan(model, tokens)
    otherwise = tokens.clone()
    otherwise[:, -1] = otherwise[:, -1] % 299 + 1  # the target of the last measured position
    other = scan(model, otherwise)
    for name in ("mean_activation", "entropy_total", "entropy_indirect", "kl_from_clean"):
        assert other[name].tolist() == pytest.approx(frame[name].tolist(), rel=1e-4, abs=3e-7)
    assert other["loss_total"].tolist() != pytest.approx(frame["loss_total"].tolist(), rel=1e-3)


def test_the_size_of_the_null_space_is_passed_on():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for()
    whole = scan(model, tokens, neurons=[1, 2], k=model.cfg.d_model)
    assert whole["null_fraction"].tolist() == pytest.approx([1, 1], abs=1e-5)
    assert (scan(model, tokens, neurons=[1, 2], k=2)["null_fraction"] < 0.9).all()


def test_the_mediated_shares_are_ratios_of_means():
    model, _ = references.tiny_pair("neox-serial")
    frame = scan(
        model, references.tokens_for(), frequency=True, counts=references_ablation.counts_for()
    )
    for share, (quantity, kept) in references_ablation.SHARES.items():
        ratio = 1 - frame[f"{quantity}_{kept}"] / frame[f"{quantity}_total"]
        assert frame[share].tolist() == pytest.approx(ratio.tolist())
    for quantity in ("entropy", "loss", "kl"):
        assert (frame[f"{quantity}_shift"].abs() <= frame[f"{quantity}_total"]).all()


def test_progress_is_shown_when_asked_for(capsys):
    model, _ = references.tiny_pair("neox-serial")
    scan(model, references.tokens_for(), neurons=[1])
    assert capsys.readouterr().err == ""
    scan(model, references.tokens_for(), neurons=[1], progress=True)
    assert "ablating" in capsys.readouterr().err
    scan(model, references.tokens_for(), neurons=[1], progress=True, method="second-order")
    assert "estimating" in capsys.readouterr().err
