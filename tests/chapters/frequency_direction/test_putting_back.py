"""The sums of vectors of logits give what the library gives by running the end of the network."""

import pytest
import torch

import confidence_neurons as cn
import references
import references_ablation
from confidence_neurons_book.frequency_direction import putting_back
from confidence_neurons_book.frequency_direction.putting_back import neuron_effects, written

COUNTS = references_ablation.counts_for()
NEURONS = [3, 0, 7]


def random_units(rows):
    found = torch.randn(rows, 300, generator=torch.Generator().manual_seed(2))
    found -= found.mean(dim=-1, keepdim=True)
    return found / found.norm(dim=-1, keepdim=True)


@pytest.mark.parametrize("at_once", [1, 2**21])
@pytest.mark.parametrize("architecture", ["neox-serial", "llama", "phi"])
def test_every_path_is_the_library_s(architecture, at_once, monkeypatch):
    monkeypatch.setattr(putting_back, "LOGITS_AT_ONCE", 300 * at_once)
    model = references_ablation.loud_model(architecture)
    state = cn.run(model, references.tokens_for(rows=3))
    unigram, units = cn.Unigram.from_counts(COUNTS), random_units(len(NEURONS))
    back = {"u": unigram.direction, "each": units}
    found = neuron_effects(model, state, NEURONS, back, unigram)
    asked = {"quantities": ("entropy", "kl", "loss"), "counts": COUNTS}
    for place, neuron in enumerate(NEURONS):
        rows = found[found["neuron"] == neuron]
        held = {neuron: cn.ablate(model, state, [neuron])}
        paths = ("total", "direct", "frequency")
        expected = cn.compare(model, state, held, paths=paths, **asked)
        other = cn.compare(model, state, held, paths="frequency", restored=units[place], **asked)
        columns = {"total": "total", "frozen": "direct", "u": "frequency"}
        for quantity in asked["quantities"]:
            for ours, theirs in columns.items():
                assert rows[f"{quantity}_{ours}"].to_numpy() == pytest.approx(
                    expected[f"{quantity}_{theirs}"].to_numpy(), abs=2e-4
                ), (quantity, ours)
            assert rows[f"{quantity}_each"].to_numpy() == pytest.approx(
                other[f"{quantity}_frequency"].to_numpy(), abs=2e-4
            )
        activation = state.activations[state.counted][:, neuron]
        assert rows["activation"].to_numpy() == pytest.approx(activation.numpy())
        assert rows["target"].tolist() == state.targets().tolist()


def test_neurons_can_be_held_elsewhere():
    model = references_ablation.loud_model("llama")
    state = cn.run(model, references.tokens_for())
    to = cn.run(model, references.tokens_for(seed=5)).mean_activations()
    unigram = cn.Unigram.from_counts(COUNTS)
    found = neuron_effects(model, state, [4], {}, unigram, to=to)
    expected = cn.effects(model, state, {4: [4]}, to=to, paths="total", quantities="entropy")
    assert found["entropy_total"].to_numpy() == pytest.approx(
        expected["entropy_total"].to_numpy(), abs=2e-4
    )


def test_what_is_written_does_not_count_the_bias():
    model = references_ablation.loud_model("neox-serial")
    space = cn.geometry(model, k=2)
    w_out = model.W_out[-1][NEURONS]
    assert written(model, NEURONS).allclose(w_out @ space.unembedding, atol=1e-4)


@pytest.mark.parametrize("every", [1, 3])
def test_thinned_text_counts_every_so_many_th_position(every):
    model, _ = references.tiny_pair("llama")
    state = cn.run(model, references.tokens_for())
    found = putting_back.thinned(state, every)
    positions = found.places()["position"].unique().tolist()
    assert positions == list(range(1, state.tokens.shape[1] - 1, every))
