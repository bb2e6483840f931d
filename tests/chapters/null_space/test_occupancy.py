"""How much of the stream lies among the quietest directions, against a reference by token."""

import pytest

import confidence_neurons as cn
import references
from confidence_neurons_book.null_space.occupancy import tail_shares


@pytest.mark.parametrize("less_mean", [False, True])
@pytest.mark.parametrize("architecture", ["neox-serial", "llama"])
def test_shares_agree_with_a_token_by_token_reference(architecture, less_mean):
    model, _ = references.tiny_pair(architecture)
    space = cn.geometry(model, k=5)
    exact = int(space.norm.centres)
    state = cn.run(model, references.tokens_for())
    frame = tail_shares(state, space, [1, 4], less_mean=less_mean)
    stream = state.residual[state.counted]
    if exact:
        stream = stream - stream.mean(dim=-1, keepdim=True)
    if less_mean:
        stream = stream - stream.mean(dim=0)
    d_model = model.cfg.d_model
    for k in (1, 4):
        directions = space.spectrum.directions[:, d_model - exact - k : d_model - exact]
        expected = [float((x @ directions).norm() / x.norm()) for x in stream]
        rows = frame[frame["k"] == k]
        assert rows["share"].tolist() == pytest.approx(expected, rel=1e-3)
        assert rows["directions"].tolist() == pytest.approx([k / (d_model - exact)] * len(stream))
        assert rows["sequence"].tolist() == state.places()["sequence"].tolist()


def test_all_directions_hold_everything():
    model, _ = references.tiny_pair("neox-serial")
    state = cn.run(model, references.tokens_for())
    frame = tail_shares(state, cn.geometry(model, k=2), [model.cfg.d_model - 1])
    assert frame["share"].tolist() == pytest.approx([1] * len(frame))
