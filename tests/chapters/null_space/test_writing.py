"""Writing along directions: against slow references, and the propositions of the chapter."""

import math

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons.model.state import unembed
from confidence_neurons_book.null_space.writing import (
    OTHERS,
    safe_first_choice,
    sample,
    writing_effects,
    writing_sweep,
)

COLUMNS = ["logit_change", "scale_ratio", "entropy_change", "kl", "argmax_changed"]


@pytest.fixture(scope="module", params=["neox-serial", "llama"])
def model(request):
    return references.tiny_pair(request.param)[0]


@pytest.fixture(scope="module")
def space(model):
    return cn.geometry(model, k=3)


@pytest.fixture(scope="module")
def state(model):
    return sample(cn.run(model, references.tokens_for()), every=3)


@pytest.fixture(scope="module")
def one(model):
    """A state of which the last position counts alone."""
    tokens = references.tokens_for(rows=1)
    last = torch.zeros_like(tokens, dtype=torch.bool)
    last[:, -1] = True
    return cn.run(model, tokens, at=last)


def random_direction(model, seed=1):
    return torch.randn(model.cfg.d_model, generator=torch.Generator().manual_seed(seed))


def mean(values):
    return sum(values) / len(values)


def test_a_sample_is_every_so_many_counted_positions(model):
    state = cn.run(model, references.tokens_for())
    few = sample(state, every=3)
    everything = state.residual[state.counted]
    torch.testing.assert_close(few.residual[few.counted], everything[::3])


def slow_effects(model, space, state, direction, strength, effect):
    """One token and one sign at a time, straight from the definitions."""
    rows = []
    for sign in (1, -1):
        for x in state.residual[state.counted]:
            length = space.norm.centre(x).norm()
            written = x + sign * strength * length * direction / direction.norm()
            clean_scale = space.norm.scale(x)
            scale = clean_scale if effect == "direct" else space.norm.scale(written)
            before, after = unembed(model, x), unembed(model, written, scale)
            p, q = before.tolist(), after.tolist()
            change = unembed(model, written, clean_scale) - before
            rows.append(
                [
                    float((change - change.mean()).norm()),
                    float(scale / clean_scale),
                    abs(references.entropy(q) - references.entropy(p)),
                    references.kl_divergence(references.softmax(p), references.softmax(q)),
                    float(p.index(max(p)) != q.index(max(q))),
                ]
            )
    return [mean(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize("effect", ["total", "direct"])
def test_effects_agree_with_the_slow_reference(model, space, state, effect):
    directions = torch.stack([random_direction(model, seed) for seed in range(3)])
    frame = writing_effects(model, state, directions, strength=0.7)
    assert list(frame["direction"]) == [0, 0, 1, 1, 2, 2]
    for number, direction in enumerate(directions):
        row = frame[(frame["direction"] == number) & (frame["effect"] == effect)]
        expected = slow_effects(model, space, state, direction, 0.7, effect)
        assert row[COLUMNS].to_numpy()[0] == pytest.approx(expected, rel=1e-3, abs=1e-5)


def test_direct_change_of_the_logits_is_the_singular_value(model, space, state):
    found = space.spectrum
    frame = writing_effects(model, state, found.directions.T[::8], strength=0.5)
    direct = frame[frame["effect"] == "direct"]["logit_change"]
    length = space.norm.apply(state.residual)[state.counted].norm(dim=-1).mean()
    assert list(direct) == pytest.approx((0.5 * length * found.values[::8]).tolist(), rel=1e-3)


def test_a_null_write_is_a_temperature_on_bias_free_logits(model, space, state):
    norm = space.norm
    direction = norm.centre(random_direction(model))
    unit = (direction / direction.norm()).double()
    unembedding = space.unembedding.double()
    unembedding = unembedding - unit[:, None] * (unit @ unembedding)
    written = cn.write(model, state, direction, 0.8)
    temperature = (written.scale / state.scale).double()
    z = norm.apply(state.residual.double()) @ unembedding
    new = norm.apply(written.residual.double()) @ unembedding
    torch.testing.assert_close(new, z / temperature, rtol=1e-4, atol=1e-5)


def test_a_null_write_is_coolest_where_it_leaves_nothing_along_the_direction(model, space, one):
    direction = space.norm.centre(random_direction(model))
    unit = direction / direction.norm()
    x = space.norm.centre(one.residual[one.counted])[0]
    along = float(x @ unit)

    def temperature(alpha):
        return float(space.norm.scale(x + alpha * unit) / space.norm.scale(x))

    assert temperature(-2 * along) == pytest.approx(1, rel=1e-4)
    inside = [temperature(-2 * along * share) for share in (0.1, 0.5, 0.9)]
    assert max(inside) < 1
    assert min(inside) == inside[1]


def test_all_ones_do_nothing_in_layer_norm_models(model, space, state):
    ones = torch.ones(1, model.cfg.d_model)
    total = writing_effects(model, state, ones).query("effect == 'total'").iloc[0]
    if space.norm.centres:
        assert total["kl"] == pytest.approx(0, abs=1e-5)
        assert total["scale_ratio"] == pytest.approx(1, abs=1e-4)
    else:
        assert total["scale_ratio"] > 1.01


def test_sweep_agrees_with_one_write_at_a_time(model, one):
    direction, strengths = random_direction(model), [-1.0, 0.0, 0.5]
    frame = writing_sweep(model, one, {"a": direction, "b": -direction}, strengths, count=4)
    assert len(frame) == 2 * len(strengths) * 5
    x = one.residual[0, -1]
    oriented = direction if direction @ x >= 0 else -direction
    clean = unembed(model, x)
    top = clean.topk(4).indices
    labels = [*cn.token_labels(model, top.tolist()), OTHERS]
    for strength in strengths:
        written = cn.write(model, one, oriented, strength).residual[0, -1]
        logits = unembed(model, written).tolist()
        p = references.softmax(logits)
        for name in ("a", "b"):
            rows = frame[(frame["direction"] == name) & (frame["strength"] == strength)]
            assert list(rows["token"]) == labels
            assert rows["probability"].sum() == pytest.approx(1, abs=1e-5)
            shown = [p[token] for token in top.tolist()]
            assert list(rows["probability"])[:-1] == pytest.approx(shown, rel=1e-4, abs=1e-6)
            assert rows["entropy"].iloc[0] == pytest.approx(references.entropy(logits), rel=1e-4)
            kl = references.kl_divergence(references.softmax(clean.tolist()), p)
            assert rows["kl"].iloc[0] == pytest.approx(kl, rel=1e-3, abs=1e-5)


def test_positive_strengths_lengthen_the_stream(model, space, one):
    directions = {str(seed): random_direction(model, seed) for seed in range(6)}
    frame = writing_sweep(model, one, directions, [1.0], count=2)
    ratios = frame.groupby("direction")["scale_ratio"].first()
    at_least = 1 if space.norm.centres else math.sqrt(2) - 1e-3
    assert (ratios > at_least).all()


def test_safe_first_choices_are_safe(model, space, state):
    found, d_model = space.spectrum, model.cfg.d_model
    x = state.residual[state.counted]
    logits, scale = unembed(model, x), space.norm.scale(x)
    largest = logits.topk(2).values
    margin = largest[:, 0] - largest[:, 1]
    seen = set()
    for index in range(0, d_model - 1, 3):
        for strength in (0.001, 0.01, -0.1):
            safe = safe_first_choice(margin, found.values[index], strength, d_model)
            written = cn.write(model, state, found.directions[:, index], strength)
            after = unembed(model, written.residual[state.counted], scale)
            same = after.argmax(-1) == logits.argmax(-1)
            assert same[safe].all()
            seen |= set(safe.tolist())
    assert seen == {True, False}
