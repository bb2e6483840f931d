"""One unembedding, read at any scale, against unembedding at that scale."""

import pytest
import torch

from confidence_neurons.model.state import unembed
from confidence_neurons_book.causal_effects.dial import CLOSE, Dial


@pytest.fixture
def dial(subject, state):
    return Dial.of(subject.model, state)


def at_scale(subject, state, turn):
    """Log-probabilities where the scale is exp(turn) times as large."""
    scale = state.scale[state.counted] * turn.exp().expand(int(state.counted.sum()))[:, None]
    logits = unembed(subject.model, state.residual[state.counted], scale)
    return logits.double().log_softmax(dim=-1)


@pytest.mark.parametrize("shape", [(), (30,)])
def test_every_quantity_is_that_of_the_turned_scale(subject, state, dial, shape):
    turn = torch.linspace(-0.5, 0.5, 30) if shape else torch.tensor(0.3)
    told, log_p = dial.read(turn), at_scale(subject, state, turn)
    target = state.targets()
    expected = {
        "entropy": -(log_p.exp() * log_p).sum(-1),
        "loss": -log_p.gather(-1, target[:, None]).squeeze(-1),
        "confidence": log_p.amax(-1).exp(),
        "right": (log_p.argmax(-1) == target).double(),
    }
    for name, values in expected.items():
        torch.testing.assert_close(told[name].double(), values, atol=1e-5, rtol=1e-4)


def test_the_slope_is_that_of_the_entropy_where_there_is_no_bias(dial):
    plain = Dial(dial.heard, torch.zeros_like(dial.bias), dial.target)
    step = torch.tensor(1e-2)
    rise = (plain.read(step)["entropy"] - plain.read(-step)["entropy"]) / (2 * step)
    torch.testing.assert_close(plain.read(torch.tensor(0.0))["slope"], rise, atol=1e-3, rtol=1e-2)


@pytest.mark.parametrize("goal", [3.0, 5.0])
def test_one_more_turn_brings_the_mean_entropy_to_a_value(dial, goal):
    loud = Dial(20 * dial.heard, dial.bias, dial.target)
    turn = torch.linspace(-0.2, 0.1, 30)
    told = loud.matched(turn, goal)
    assert abs(float(told["entropy"].mean()) - goal) <= CLOSE


def test_what_is_there_already_stays(dial):
    turn = torch.linspace(-0.1, 0.1, 30)
    there = dial.read(turn)
    found = dial.matched(turn, float(there["entropy"].mean()))
    torch.testing.assert_close(found["entropy"], there["entropy"])


def test_only_the_differences_between_the_turns_count(dial):
    turn, goal = torch.linspace(-0.1, 0.1, 30), 5.0
    found = [dial.matched(each, goal)["loss"] for each in (turn, turn + 0.3)]
    torch.testing.assert_close(*found, atol=1e-3, rtol=1e-3)
