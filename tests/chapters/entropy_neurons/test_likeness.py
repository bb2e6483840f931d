"""Likeness to a temperature, against distributions written out one by one."""

import pytest
import torch

import confidence_neurons as cn
from confidence_neurons_book.entropy_neurons.likeness import temperature_likeness
from references import tokens_for
from references_ablation import loud_model, mean_activation, runs_by_hooks


@pytest.fixture(scope="module", params=["neox-serial", "gpt2-tied", "llama"])
def model(request):
    return loud_model(request.param)


@pytest.fixture(scope="module")
def frame(model):
    return temperature_likeness(model, cn.run(model, tokens_for()))


def reference(model, tokens, neuron):
    """Slope, bound and likeness of one neuron, one token at a time."""
    runs = runs_by_hooks(model, tokens, {neuron: mean_activation(model, tokens, neuron)})
    clean, ablated = (runs[name][:, 1:-1].flatten(0, 1).double() for name in ("clean", "total"))
    slopes, bounds = [], []
    for logits, others in zip(clean, ablated, strict=True):
        p, log_p, change = logits.softmax(-1), logits.log_softmax(-1), others - logits
        change, log_p = change - (p * change).sum(), log_p - (p * log_p).sum()
        slopes.append(abs(float((p * change * log_p).sum())))
        bounds.append(float(((p * change**2).sum() * (p * log_p**2).sum()).sqrt()))
    slope, bound = sum(slopes) / len(slopes), sum(bounds) / len(bounds)
    return slope, bound, slope / bound


@pytest.mark.parametrize("neuron", [5, 0, 40])
def test_agrees_with_the_reference(model, frame, neuron):
    (row,) = frame[frame["neuron"] == neuron].itertuples()
    slope, bound, likeness = reference(model, tokens_for(), neuron)
    assert row.entropy_slope == pytest.approx(slope, rel=2e-3, abs=1e-7)
    assert row.entropy_bound == pytest.approx(bound, rel=2e-3, abs=1e-7)
    assert row.likeness == pytest.approx(likeness, rel=4e-3)


def test_is_between_zero_and_one_for_all_neurons(model, frame):
    assert list(frame["neuron"]) == list(range(model.cfg.d_mlp))
    assert frame["likeness"].between(0, 1 + 1e-6).all()


def test_only_the_positions_that_count_are_measured():
    model, tokens = loud_model("neox-serial"), tokens_for(rows=3)
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    mask[:2, 1:-1] = True
    found = temperature_likeness(model, cn.run(model, tokens, at=mask))
    expected = temperature_likeness(model, cn.run(model, tokens[:2]))
    assert found["likeness"].to_numpy() == pytest.approx(expected["likeness"].to_numpy(), rel=1e-3)


def test_a_temperature_reaches_the_bound_and_nothing_passes_it():
    generator = torch.Generator().manual_seed(1)
    logits = 2 * torch.randn(50, generator=generator).double()
    log_p = cn.log_probabilities(logits)
    spread = (log_p.exp() * (log_p + cn.entropy(log_p)) ** 2).sum()
    step = 1e-4
    for change in (logits, *torch.randn(20, 50, generator=generator).double()):
        other = cn.log_probabilities(logits + step * change)
        moved = (cn.entropy(other) - cn.entropy(logits)).abs()
        limit = (2 * cn.kl_divergence(log_p, other) * spread).sqrt()
        assert moved <= limit * (1 + 1e-3)
        if change is logits:
            assert moved == pytest.approx(limit.item(), rel=1e-3)
