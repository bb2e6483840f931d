"""Neurons held off their mean, against ablations one by one."""

import pytest
import torch

import confidence_neurons as cn
from confidence_neurons.model.architecture import final_norm, output_weights
from confidence_neurons_book.causal_effects.pulling import outward, pulls


def test_outward_lengthens_the_stream_on_average(subject):
    step, reference = outward(subject.model, subject.reference), subject.reference
    norm = final_norm(subject.model)
    x = norm.centre(reference.residual[reference.counted])
    w = output_weights(subject.model)
    for neuron in range(8):
        along = (x @ w[neuron] * step[neuron]).mean()
        assert float(along) >= 0
        spread = reference.activations[reference.counted][:, neuron].std()
        assert float(step[neuron].abs()) == pytest.approx(float(spread), rel=1e-4)


def test_pulls_are_ablations_to_a_level(subject, state):
    frame = pulls(subject, subject.texts["a"], ["entropy"], [-1, 2])
    level = subject.reference.mean_activations() + 2 * outward(subject.model, subject.reference)
    held = cn.ablate(subject.model, state, [4, 9], to=level)
    before = cn.read(subject.model, state, "entropy")["entropy"]
    rows = frame[frame["pull"] == 2].set_index("scale")["estimate"]
    for scale, changed in {"scale follows": held, "scale frozen": held.frozen(state)}.items():
        after = cn.read(subject.model, changed, "entropy")["entropy"]
        assert rows[scale] == pytest.approx(float((after - before).mean()), abs=1e-5)
    assert frame["group"].eq("entropy").all()
    assert torch.tensor(frame["pull"].unique().tolist()).tolist() == [-1, 2]
