"""Likeness to a temperature, against distributions written out one by one."""

import pytest
import torch

from confidence_neurons.measure.outputs import entropy, kl_divergence, log_probabilities
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.loading import load_model
from confidence_neurons.model.state import run_final
from confidence_neurons.text.rows import measured
from confidence_neurons.weights.neurons import neuron_weights
from confidence_neurons_book.entropy_neurons.likeness import temperature_likeness
from tiny_models import save_tiny_model

ARCHITECTURES = ["neox-serial", "gpt2-tied", "llama"]


@pytest.fixture(scope="module", params=ARCHITECTURES)
def model(request, tmp_path_factory):
    directory = tmp_path_factory.mktemp(request.param)
    save_tiny_model(directory, request.param)
    return load_model(directory, device="cpu")


@pytest.fixture(scope="module")
def tokens():
    return torch.randint(1, 300, (2, 10), generator=torch.Generator().manual_seed(0))


def logits_of(model, residual):
    """In double precision, with the scale computed from this residual stream."""
    norm = FinalNorm.from_model(model)
    return norm.apply(residual.double()) @ model.W_U.double() + model.b_U.double()


def reference(model, tokens, neuron, mean=None):
    """Slope, bound and likeness of one neuron, one token at a time."""
    state = run_final(model, tokens)
    residual = measured(state.residual).flatten(0, 1)
    activation = measured(state.activations)[..., neuron].flatten()
    mean = activation.mean() if mean is None else mean
    w = neuron_weights(model)[neuron]
    slopes, bounds = [], []
    for x, a in zip(residual, activation, strict=True):
        clean = logits_of(model, x)
        change = logits_of(model, x + (mean - a) * w) - clean
        p, log_p = clean.softmax(-1), clean.log_softmax(-1)
        change, log_p = change - (p * change).sum(), log_p - (p * log_p).sum()
        slopes.append((p * change * log_p).sum().abs())
        bounds.append(((p * change**2).sum() * (p * log_p**2).sum()).sqrt())
    slope, bound = torch.stack(slopes).mean().item(), torch.stack(bounds).mean().item()
    return slope, bound, slope / bound


def test_agrees_with_the_reference(model, tokens):
    chosen = [5, 0, 40]
    frame = temperature_likeness(model, tokens, neurons=chosen)
    assert list(frame["neuron"]) == chosen
    for row in frame.itertuples():
        slope, bound, likeness = reference(model, tokens, row.neuron)
        assert row.entropy_slope == pytest.approx(slope, rel=2e-3, abs=1e-9)
        assert row.entropy_bound == pytest.approx(bound, rel=2e-3, abs=1e-9)
        assert row.likeness == pytest.approx(likeness, rel=2e-3)


def test_the_mean_can_come_from_another_text(model, tokens):
    other = (tokens + 17) % 300
    activations = measured(run_final(model, other).activations)
    mean = activations[..., 3].mean()
    found = temperature_likeness(model, tokens, neurons=[3], reference=other)
    assert found["likeness"].item() == pytest.approx(reference(model, tokens, 3, mean)[2], rel=2e-3)


def test_is_between_zero_and_one_for_all_neurons(model, tokens):
    frame = temperature_likeness(model, tokens)
    assert frame["likeness"].between(0, 1 + 1e-6).all()


def test_a_temperature_reaches_the_bound_and_nothing_passes_it():
    generator = torch.Generator().manual_seed(1)
    logits = 2 * torch.randn(50, generator=generator).double()
    log_p = log_probabilities(logits)
    spread = (log_p.exp() * (log_p + entropy(log_p)) ** 2).sum()
    step = 1e-4
    for change in (logits, *torch.randn(20, 50, generator=generator).double()):
        other = log_probabilities(logits + step * change)
        moved = (entropy(other) - entropy(logits)).abs()
        limit = (2 * kl_divergence(log_p, other) * spread).sqrt()
        assert moved <= limit * (1 + 1e-3)
        if change is logits:
            assert moved == pytest.approx(limit.item(), rel=1e-3)


def test_bad_neurons_are_refused(model, tokens):
    with pytest.raises(ValueError, match="neurons"):
        temperature_likeness(model, tokens, neurons=[64])
