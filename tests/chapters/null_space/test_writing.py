"""Writing along directions: against slow references, and the propositions of the chapter."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons.model.state import unembed
from confidence_neurons_book.null_space.writing import (
    DIRECT,
    OTHERS,
    TOTAL,
    Written,
    at_the_end,
    sample,
    written_bars,
    written_entropy,
)


@pytest.fixture(scope="module", params=["neox-serial", "llama"])
def model(request):
    return references.tiny_pair(request.param)[0]


@pytest.fixture(scope="module")
def state(model):
    return sample(cn.run(model, references.tokens_for()), every=3)


def random_direction(model, seed=1):
    return torch.randn(model.cfg.d_model, generator=torch.Generator().manual_seed(seed))


def test_a_sample_is_every_so_many_counted_positions(model):
    state = cn.run(model, references.tokens_for())
    few = sample(state, every=3)
    everything = state.residual[state.counted]
    torch.testing.assert_close(few.residual[few.counted], everything[::3])


@pytest.mark.parametrize("effect", [TOTAL, DIRECT])
@pytest.mark.parametrize("strength", [-0.7, 0.0, 1.2])
def test_logits_agree_with_one_token_at_a_time(model, state, strength, effect):
    norm = cn.geometry(model, k=1).norm
    direction = norm.centre(random_direction(model))
    unit = direction / direction.norm()
    written = Written(model, state, random_direction(model))
    for row, x in enumerate(state.residual[state.counted]):
        centred = norm.centre(x)
        sign = 1 if float(centred @ unit) > 0 else -1
        moved = x + sign * strength * centred.norm() * unit
        scale = norm.scale(x) if effect == DIRECT else norm.scale(moved)
        expected = unembed(model, moved, scale)
        torch.testing.assert_close(
            written.logits(strength, effect)[row], expected, rtol=1e-3, atol=1e-4
        )
        ratio = float(norm.scale(moved) / norm.scale(x))
        assert float(written.ratio(strength)[row]) == pytest.approx(ratio, rel=1e-4)


def test_frames_average_over_directions(model, state):
    directions = torch.stack([random_direction(model, seed) for seed in (1, 2)])
    frame = written_entropy(model, state, {"two": directions}, [0.0, 0.5])
    assert frame["written"].unique().tolist() == ["two", f"two, {DIRECT}"]
    assert frame["sequence"].tolist()[: int(state.counted.sum())] == (
        state.places()["sequence"].tolist()
    )
    clean = references_entropy(model, state)
    for effect, name in ((TOTAL, "two"), (DIRECT, f"two, {DIRECT}")):
        rows = frame[(frame["written"] == name) & (frame["strength"] == 0.5)]
        each = [cn.entropy(Written(model, state, one).logits(0.5, effect)) for one in directions]
        expected = torch.stack(each)
        assert rows["entropy"].tolist() == pytest.approx(expected.mean(0).tolist(), rel=1e-4)
        changes = (expected - clean).abs().mean(0).tolist()
        assert rows["change"].tolist() == pytest.approx(changes, rel=1e-2, abs=1e-5)
    unchanged = frame[frame["strength"] == 0]
    assert unchanged["change"].max() < 1e-5
    assert unchanged["ratio"].tolist() == pytest.approx([1.0] * len(unchanged))


def references_entropy(model, state):
    return cn.entropy(unembed(model, state.residual[state.counted]))


def test_a_null_write_is_a_temperature_and_frozen_does_nothing():
    network, direction = references.network_with_null_direction()
    light = references.light(network)
    state = cn.run(light, references.tokens_for())
    written = Written(light, state, direction)
    bias = unembed(light, torch.zeros(light.cfg.d_model), torch.ones(1))
    clean = written.logits(0.0) - bias
    for strength in (-0.8, 0.8):
        moved = written.logits(strength) - bias
        torch.testing.assert_close(moved, clean / written.ratio(strength), rtol=1e-3, atol=1e-4)
        frozen = written.logits(strength, DIRECT) - bias
        torch.testing.assert_close(frozen, clean, rtol=1e-3, atol=1e-4)


def test_a_write_is_coolest_where_it_leaves_nothing_along_the_direction(model, state):
    norm, direction = cn.geometry(model, k=1).norm, random_direction(model)
    stream = norm.centre(state.residual[state.counted])
    unit = norm.centre(direction) / norm.centre(direction).norm()
    written = Written(model, state, direction)
    cosines = ((stream @ unit).abs() / stream.norm(dim=1)).tolist()
    for row, cosine in enumerate(cosines):
        ratios = [float(written.ratio(-cosine * part)[row]) for part in (0.2, 1, 1.8)]
        assert min(ratios) == ratios[1]
        assert max(ratios) < 1
        assert float(written.ratio(-2 * cosine)[row]) == pytest.approx(1, rel=1e-3)


def test_bars_are_the_distribution_at_the_end_of_a_text(model):
    end = at_the_end(model, "It was upon a cold morning")
    assert end.counted.sum() == 1
    assert end.counted[0, -1]
    direction = random_direction(model)
    frame = written_bars(model, end, {"a": (direction, TOTAL)}, [0.0, 0.5], count=4)
    assert len(frame) == 10
    clean = unembed(model, end.residual[0, -1]).softmax(-1)
    top = clean.topk(4)
    rows = frame[frame["strength"] == 0]
    assert rows["token"].tolist() == [*cn.token_labels(model, top.indices.tolist()), OTHERS]
    assert rows["probability"].tolist()[:4] == pytest.approx(top.values.tolist(), rel=1e-3)
    assert frame.groupby("strength")["probability"].sum().tolist() == pytest.approx([1, 1])
    assert rows["said"].iloc[0].endswith("scale x 1.00")
