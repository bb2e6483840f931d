"""How far the dial is turned, against ablations and lengths one by one."""

import pytest
import torch

import confidence_neurons as cn
from confidence_neurons.model.architecture import final_norm
from confidence_neurons_book.causal_effects.hands import turns


@pytest.fixture
def found(subject, state):
    return turns(subject, state)


def test_a_group_turns_by_the_scale_over_that_at_rest(subject, state, found):
    level = subject.reference.mean_activations()
    rested = cn.ablate(subject.model, state, [4, 9], to=level)
    expected = (state.scale / rested.scale)[state.counted].squeeze(-1).log()
    torch.testing.assert_close(found["entropy"], expected)


def test_the_whole_scale_turns_about_its_mean(subject, found):
    at_home = turns(subject, subject.reference)["whole scale"]
    assert at_home.mean().abs() < 1e-5
    assert found["whole scale"].std() > 0


def test_without_the_null_part_the_stream_has_its_mean_there(subject, state, found):
    space, reference = subject.null_space, subject.reference
    mean = torch.stack([row @ space for row in reference.residual[reference.counted]]).mean(0)
    for token, turn in enumerate(found["null part"][:5]):
        x = state.residual[state.counted][token]
        held = x - space @ (space.T @ x) + space @ mean
        scale = final_norm(subject.model).scale(held[None])
        expected = (state.scale[state.counted][token] / scale).log()
        assert float(turn) == pytest.approx(float(expected), abs=1e-5)


def test_beyond_the_neurons_only_if_asked(subject, state):
    assert list(turns(subject, state, stream=False)) == list(subject.groups)
