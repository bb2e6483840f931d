"""Writing along directions: against slow references, and the propositions of the chapter."""

import math

import pytest
import torch

from confidence_neurons.measure import outputs as dist
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.loading import load_model
from confidence_neurons.model.state import logits_from_residual
from confidence_neurons.weights.unembedding import effective_unembedding, spectrum
from confidence_neurons_book.null_space.writing import (
    OTHERS,
    safe_first_choice,
    write,
    writing_effects,
    writing_sweep,
)
from tiny_models import save_tiny_model


@pytest.fixture(scope="module", params=["neox-serial", "llama"])
def model(request, tmp_path_factory):
    directory = tmp_path_factory.mktemp(request.param)
    save_tiny_model(directory, request.param)
    return load_model(directory, device="cpu")


@pytest.fixture(scope="module")
def residual(model):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(7, model.cfg.d_model, generator=generator)


def random_direction(model, seed=1):
    return torch.randn(model.cfg.d_model, generator=torch.Generator().manual_seed(seed))


def test_strength_counts_lengths_of_the_residual(model, residual):
    direction = random_direction(model)
    added = write(model, residual, direction, -1.5) - residual
    length = FinalNorm.from_model(model).centre(residual).norm(dim=-1)
    torch.testing.assert_close(added.norm(dim=-1), 1.5 * length)
    cosine = torch.nn.functional.cosine_similarity(added, direction.expand_as(added))
    torch.testing.assert_close(cosine, -torch.ones(7))


@pytest.mark.parametrize(
    ("direction", "complaint"),
    [
        (torch.ones(3), "shape"),
        (torch.zeros(32), "length 0"),
        (torch.full((32,), float("nan")), "length nan"),
        (torch.full((32,), float("inf")), "length inf"),
    ],
)
def test_bad_directions_are_refused(model, residual, direction, complaint):
    with pytest.raises(ValueError, match=complaint):
        write(model, residual, direction, 1.0)


def slow_effects(model, residual, direction, strength, effect):
    """One token and one sign at a time, straight from the definitions."""
    norm = FinalNorm.from_model(model)
    rows = []
    for sign in (1, -1):
        for x in residual:
            written = x + sign * strength * norm.centre(x).norm() * direction / direction.norm()
            scale = norm.scale(x if effect == "direct" else written)
            before = logits_from_residual(model, x)
            after = logits_from_residual(model, written, scale)
            p, q = before.softmax(-1), after.softmax(-1)
            change = logits_from_residual(model, written, norm.scale(x)) - before
            rows.append(
                [
                    (change - change.mean()).norm(),
                    scale / norm.scale(x),
                    (-(q * q.log()).sum() + (p * p.log()).sum()).abs(),
                    (p * (p / q).log()).sum(),
                    float(p.argmax() != q.argmax()),
                ]
            )
    return torch.tensor(rows).mean(dim=0)


@pytest.mark.parametrize("effect", ["total", "direct"])
def test_effects_agree_with_the_slow_reference(model, residual, effect):
    directions = torch.stack([random_direction(model, seed) for seed in range(3)])
    frame = writing_effects(model, residual, directions, strength=0.7)
    assert list(frame["direction"]) == [0, 0, 1, 1, 2, 2]
    columns = ["logit_change", "scale_ratio", "entropy_change", "kl", "argmax_changed"]
    for number, direction in enumerate(directions):
        row = frame[(frame["direction"] == number) & (frame["effect"] == effect)]
        found = torch.tensor(row[columns].to_numpy()[0], dtype=torch.float32)
        expected = slow_effects(model, residual, direction, 0.7, effect)
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


def test_direct_change_of_the_logits_is_the_singular_value(model, residual):
    found = spectrum(effective_unembedding(model))
    frame = writing_effects(model, residual, found.directions.T, strength=0.5)
    direct = frame[frame["effect"] == "direct"]["logit_change"]
    norm = FinalNorm.from_model(model)
    length = (norm.centre(residual).norm(dim=-1) / norm.scale(residual).squeeze(-1)).mean()
    expected = 0.5 * length * found.values
    torch.testing.assert_close(
        torch.tensor(direct.to_numpy(), dtype=torch.float32), expected, rtol=1e-3, atol=1e-3
    )


def test_a_null_write_is_a_temperature_on_bias_free_logits(model, residual):
    unembedding = effective_unembedding(model).double()
    norm = FinalNorm.from_model(model)
    direction = norm.centre(random_direction(model)).double()
    direction = direction / direction.norm()
    unembedding = unembedding - direction[:, None] * (direction @ unembedding)
    written = write(model, residual.double(), direction, 0.8)
    z = norm.apply(residual.double()) @ unembedding
    temperature = norm.scale(written) / norm.scale(residual.double())
    torch.testing.assert_close(norm.apply(written) @ unembedding, z / temperature)


def test_all_ones_do_nothing_in_layer_norm_models(model, residual):
    ones = torch.ones(1, model.cfg.d_model)
    total = writing_effects(model, residual, ones).query("effect == 'total'").iloc[0]
    if FinalNorm.from_model(model).centres:
        assert total["kl"] == pytest.approx(0, abs=1e-5)
        assert total["scale_ratio"] == pytest.approx(1, abs=1e-4)
    else:
        assert total["scale_ratio"] > 1.01


def test_sweep_agrees_with_one_write_at_a_time(model, residual):
    direction = random_direction(model)
    strengths = [-1.0, 0.0, 0.5]
    frame = writing_sweep(model, residual[0], {"a": direction, "b": -direction}, strengths, count=4)
    assert len(frame) == 2 * len(strengths) * 5
    oriented = direction if direction @ residual[0] >= 0 else -direction
    clean = logits_from_residual(model, residual[0])
    top = clean.topk(4).indices
    for strength in strengths:
        log_p = logits_from_residual(
            model, write(model, residual[0], oriented, strength)
        ).log_softmax(-1)
        for name in ("a", "b"):
            rows = frame[(frame["direction"] == name) & (frame["strength"] == strength)]
            assert rows["token"].iloc[-1] == OTHERS
            assert rows["probability"].sum() == pytest.approx(1, abs=1e-5)
            found = torch.tensor(rows["probability"].to_numpy()[:-1], dtype=torch.float32)
            torch.testing.assert_close(found, log_p[top].exp(), rtol=1e-4, atol=1e-6)
            assert rows["entropy"].iloc[0] == pytest.approx(dist.entropy(log_p).item(), rel=1e-4)


def test_positive_strengths_lengthen_the_stream(model, residual):
    directions = {str(seed): random_direction(model, seed) for seed in range(6)}
    frame = writing_sweep(model, residual[0], directions, [1.0], count=2)
    rms_norm_or_centred = frame.groupby("direction")["scale_ratio"].first()
    if not FinalNorm.from_model(model).centres:
        assert (rms_norm_or_centred >= math.sqrt(2) - 1e-3).all()
    else:
        assert (rms_norm_or_centred > 1).all()


def test_safe_first_choices_are_safe(model, residual):
    found = spectrum(effective_unembedding(model))
    d_model = model.cfg.d_model
    logits = logits_from_residual(model, residual)
    largest = logits.topk(2).values
    margin = largest[:, 0] - largest[:, 1]
    norm = FinalNorm.from_model(model)
    seen = set()
    for index in range(0, d_model - 1, 3):
        for strength in (0.001, 0.01, -0.1):
            safe = safe_first_choice(margin, found.values[index], strength, d_model)
            written = write(model, residual, found.directions[:, index], strength)
            after = logits_from_residual(model, written, norm.scale(residual))
            same = after.argmax(-1) == logits.argmax(-1)
            assert same[safe].all()
            seen |= set(safe.tolist())
    assert seen == {True, False}
