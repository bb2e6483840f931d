"""Sets of neurons and parts of a neuron, against hooks and against the scan."""

import pytest
import torch

import references
from confidence_neurons import unigram_counts
from confidence_neurons.engine.scan import scan
from confidence_neurons.text.reading import prose_tokens
from confidence_neurons.weights.neurons import neuron_weights
from confidence_neurons.weights.unigram import Unigram, frequency_direction
from confidence_neurons_book.frequency_direction.carriers import shuffled_counts
from confidence_neurons_book.frequency_direction.effects import frequency_effects, part_effects
from confidence_neurons_book.frequency_direction.levels import QUANTITIES, logit_levels
from tiny_models import ARCHITECTURES

COUNTS = torch.arange(300).square() % 997
SCALE = "ln_final.hook_scale"


@torch.no_grad()
def by_hooks(model, tokens, neurons, counts, reference, direction=None):
    """Run the model again with the neurons held at their means; changes of all levels."""
    name = f"blocks.{model.cfg.n_layers - 1}.mlp.hook_post"
    _, cache = model.run_with_cache(reference, names_filter=name)
    means = [float(cache[name][:, 1:-1, neuron].double().mean()) for neuron in neurons]

    def hold(activations, hook):
        held = activations.clone()
        for neuron, mean in zip(neurons, means, strict=True):
            held[..., neuron] = mean
        return held

    def measured_logits(logits):
        logits = logits[:, 1:-1].flatten(0, 1).double()
        return logits - logits.mean(dim=-1, keepdim=True)

    clean = measured_logits(model(tokens))
    total = measured_logits(model.run_with_hooks(tokens, fwd_hooks=[(name, hold)]))
    u = frequency_direction(counts).double() if direction is None else direction.double()
    restored = total - torch.outer((total - clean) @ u, u)
    unigram, target = Unigram.from_counts(counts, len(counts)), tokens[:, 2:].flatten()
    before = logit_levels(clean, target, unigram)
    return {
        f"{quantity}_{kind}": getattr(logit_levels(logits, target, unigram), quantity)
        - getattr(before, quantity)
        for kind, logits in (("total", total), ("direct_frequency", restored))
        for quantity in QUANTITIES
    }


@pytest.mark.parametrize("neurons", [[7], [40, 3, 63, 12]])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_sets_on_tiny_models_agree_with_hooks(architecture, neurons):
    model, _ = references.tiny_pair(architecture)
    tokens, other = references.tokens_for(rows=3), references.tokens_for(rows=2, seed=5)
    frame = frequency_effects(model, tokens, {"set": neurons}, COUNTS, reference=other)
    expected = by_hooks(model, tokens, neurons, COUNTS, other)
    assert len(frame) == 3 * 10
    for name, values in expected.items():
        assert torch.tensor(frame[name].tolist()).allclose(values.float(), atol=5e-4), name
    assert frame["kl_total"].abs().max() > 1e-3


def test_one_neuron_on_prose_agrees_with_the_scan():
    model, counts = references.bundled("prose"), unigram_counts("prose")
    tokens = prose_tokens(model, 24, 3)
    neurons = [6, 110, 56]
    frame = frequency_effects(model, tokens, {str(n): [n] for n in neurons}, counts)
    expected = scan(model, tokens, neurons=neurons, frequency=True).set_index("neuron")
    means = frame.set_index("set").drop(columns=["sequence", "position"]).abs()
    means = means.groupby(level=0).mean()
    for neuron in neurons:
        for column in (
            "entropy_total",
            "entropy_direct",
            "loss_direct",
            "kl_total",
            "kl_reverse_total",
            "kl_direct_frequency",
            "kl_reverse_direct_frequency",
            "entropy_direct_frequency",
        ):
            found, known = means.loc[str(neuron), column], expected.loc[neuron, column]
            assert found == pytest.approx(known, rel=1e-2, abs=2e-6), column


def test_the_restored_projection_does_not_change():
    model, _ = references.tiny_pair("neox-serial")
    frame = frequency_effects(model, references.tokens_for(), {"a": [1, 2]}, COUNTS)
    assert frame["projection_direct_frequency"].abs().max() < 1e-3
    assert frame["projection_total"].abs().max() > 1e-2


def test_another_direction_can_be_put_back_instead():
    model, _ = references.tiny_pair("gpt2-tied")
    tokens = references.tokens_for()
    direction = frequency_direction(shuffled_counts(COUNTS, seed=3))
    frame = frequency_effects(model, tokens, {"a": [5, 6]}, COUNTS, direction=direction)
    expected = by_hooks(model, tokens, [5, 6], COUNTS, tokens, direction)
    for name, values in expected.items():
        assert torch.tensor(frame[name].tolist()).allclose(values.float(), atol=5e-4), name
    own = frequency_effects(model, tokens, {"a": [5, 6]}, COUNTS)
    assert (own["kl_direct_frequency"] - frame["kl_direct_frequency"]).abs().max() > 1e-4


def test_without_a_final_scale_the_direct_effect_is_the_total_one():
    model, counts = references.bundled("prose-no-norm"), unigram_counts("prose-no-norm")
    frame = frequency_effects(model, prose_tokens(model, 24, 2), {"a": [3, 4]}, counts)
    assert (frame["kl_direct"] - frame["kl_total"]).abs().max() < 1e-3
    assert frame["kl_total"].abs().max() > 1e-3


def test_the_whole_of_a_neuron_is_the_neuron():
    model, _ = references.tiny_pair("neox-serial")
    tokens, other = references.tokens_for(), references.tokens_for(seed=4)
    w_out = neuron_weights(model)[9]
    parts = {"all": w_out, "half": w_out / 2, "nothing": torch.zeros_like(w_out)}
    found = part_effects(model, tokens, 9, parts, COUNTS, reference=other)
    expected = frequency_effects(model, tokens, {"all": [9]}, COUNTS, reference=other)
    whole = found[found["part"] == "all"]
    for column in expected.columns.drop("set"):
        assert whole[column].to_numpy() == pytest.approx(expected[column].to_numpy(), abs=1e-4)
    nothing = found[found["part"] == "nothing"]
    assert nothing["entropy_total"].abs().max() < 1e-5
    half = found[found["part"] == "half"]["entropy_total"].abs().mean()
    assert 0 < half < whole["entropy_total"].abs().mean()


@pytest.mark.parametrize(
    ("sets", "message"),
    [({}, "at least one set"), ({"a": []}, "at least one"), ({"a": [64]}, "between 0 and 63")],
)
def test_bad_sets_are_refused(sets, message):
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match=message):
        frequency_effects(model, references.tokens_for(), sets, COUNTS)


def test_bad_counts_directions_and_parts_are_refused():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for()
    with pytest.raises(ValueError, match="another vocabulary"):
        frequency_effects(model, tokens, {"a": [1]}, COUNTS[:-1])
    with pytest.raises(ValueError, match="expected a direction over 300 tokens"):
        frequency_effects(model, tokens, {"a": [1]}, COUNTS, direction=torch.ones(299))
    with pytest.raises(ValueError, match="'x' as a vector of 32"):
        part_effects(model, tokens, 1, {"x": torch.ones(31)}, COUNTS)
    with pytest.raises(ValueError, match="between 0 and 63"):
        part_effects(model, tokens, 64, {"x": torch.ones(32)}, COUNTS)
