"""Every neuron at once against the same, neuron by neuron."""

import pytest
import torch

import references
from confidence_neurons.induction.copies import copy_masks
from confidence_neurons.model.state import run_final
from confidence_neurons.text.altered import repeated_random
from confidence_neurons_book.induction.effects import neuron_effects
from confidence_neurons_book.induction.every import every_clip_effect, every_course

PERIOD, ROWS = 5, 4


@pytest.fixture(params=["gpt2-tied", "llama"])
def setting(request):
    model, _ = references.tiny_pair(request.param)
    tokens = repeated_random(300, PERIOD, count=ROWS)
    return model, tokens, *copy_masks(tokens, PERIOD)


def test_clip_effects_agree_with_those_of_single_neurons(setting):
    model, tokens, first, second = setting
    every = every_clip_effect(model, tokens, second, first)
    assert every["neuron"].tolist() == list(range(64))
    chosen = [0, 17, 40, 63]
    single = neuron_effects(model, tokens, {"set": chosen}, second, first)
    for neuron in chosen:
        expected = single[single["neuron"] == neuron].set_index("quantity")
        row = every.loc[neuron]
        assert row["entropy"] == pytest.approx(expected.loc["entropy", "change"], abs=1e-5)
        assert row["loss"] == pytest.approx(expected.loc["loss", "change"], abs=1e-5)
        assert row["low"] == pytest.approx(expected.loc["entropy", "low"], abs=1e-5)
        assert row["high"] == pytest.approx(expected.loc["entropy", "high"], abs=1e-5)
    assert (every["entropy"].abs() > 1e-4).any()
    assert ((every["entropy"] - every["entropy_direct"]).abs() > 1e-5).any()


def test_means_at_task_and_reference_are_those_of_the_activations(setting):
    model, tokens, first, second = setting
    every = every_clip_effect(model, tokens, second, first)
    activations = run_final(model, tokens).activations
    assert every["task"].to_numpy() == pytest.approx(activations[second].mean(0).numpy(), abs=1e-5)
    assert every["reference"].to_numpy() == pytest.approx(
        activations[first].mean(0).numpy(), abs=1e-5
    )


def test_clipping_to_where_it_is_changes_nothing(setting):
    """With one position in each row and the same rows, every neuron is at its mean."""
    model, tokens, first, _ = setting
    one = torch.zeros_like(first)
    one[:, 3] = True
    every = every_clip_effect(model, tokens[:1].repeat(3, 1), one[:3], one[:3])
    assert every["entropy"].abs().max() < 1e-5


def test_courses_are_the_means_at_each_position(setting):
    model, tokens, *_ = setting
    frame = every_course(model, tokens, [1, 6, 4])
    activations = run_final(model, tokens).activations
    assert len(frame) == 64 * 3
    for row in frame.iloc[::7].itertuples():
        expected = float(activations[:, row.position, row.neuron].mean())
        assert row.mean == pytest.approx(expected, abs=1e-5)
        assert row.low <= row.mean <= row.high


def test_bad_input_is_refused(setting):
    model, tokens, first, second = setting
    uneven = second.clone()
    uneven[0, PERIOD + 1] = False
    with pytest.raises(ValueError, match="equally many positions"):
        every_clip_effect(model, tokens, uneven, first)
    with pytest.raises(ValueError, match="no target"):
        every_clip_effect(model, tokens, torch.ones_like(second), first)
    for positions in ([], [11], [-1]):
        with pytest.raises(ValueError, match="positions from 0 to 10"):
            every_course(model, tokens, positions)
