"""Functions of the stretch alone: interpolated between nodes as good as anywhere."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from confidence_neurons.engine.stretching import NODES, interpolated, response
from engine.synthetic import random

LOG2E = math.log2(math.e)
EXACTLY = torch.zeros(7, dtype=torch.float64)


def smooth(rows, stretch):
    """Functions with a slope of their own for each token."""
    slope = torch.arange(1, 8)[rows][:, None].to(stretch)
    scale = stretch.log1p()
    return (scale * slope).sin(), (scale / slope).expm1()


@pytest.mark.parametrize("spread", [0.0, 0.05, 0.5, 2.5])
def test_a_smooth_function_is_found_between_the_nodes(spread):
    stretch = torch.expm1(spread * (random(7, 50).double().sigmoid() - 0.5))
    for found, expected in zip(
        interpolated(stretch, smooth, EXACTLY), smooth(slice(None), stretch), strict=True
    ):
        assert found.allclose(expected, atol=1e-5)


def test_tokens_get_as_many_nodes_as_their_neurons_need():
    spreads = torch.tensor([0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 20.0]).double()
    stretch = torch.expm1(spreads[:, None] * torch.linspace(-0.5, 0.5, 9).double())
    seen = {}

    def evaluate(rows, nodes):
        for row in torch.arange(7)[rows].tolist():
            seen[row] = nodes.shape[1]
        return (torch.zeros_like(nodes),)

    interpolated(stretch, evaluate, EXACTLY)
    (_, few), (_, more), (_, most) = NODES
    assert [seen[row] for row in range(7)] == [few, few, more, more, most, most, most]


@pytest.mark.parametrize("sharpness", [12.0, 30.0, 1e5])
def test_a_function_that_is_not_so_smooth_gets_more_nodes(sharpness):
    stretch = torch.expm1(0.09 * torch.linspace(-1, 1, 40, dtype=torch.float64)).expand(7, 40)
    rows_seen = []

    def steep(rows, nodes):
        rows_seen.append(nodes.shape)
        steepness = torch.tensor([1.0, 1, 1, sharpness, 1, 1, sharpness])[rows][:, None]
        return nodes * steepness, (nodes.log1p() * steepness).sigmoid() - 0.5

    _, found = interpolated(stretch, steep, EXACTLY)
    steepness = torch.tensor([1.0, 1, 1, sharpness, 1, 1, sharpness])[:, None]
    assert found.allclose((stretch.log1p() * steepness).sigmoid() - 0.5, atol=1e-8)
    assert rows_seen[0] == (7, 9)
    assert all(rows == 2 for rows, _ in rows_seen[1:])
    assert rows_seen[-1][1] == {12.0: 17, 30.0: 33, 1e5: 40}[sharpness]


def test_rounding_is_not_taken_for_steepness():
    stretch = torch.expm1(0.1 * torch.linspace(-1, 1, 40)).expand(7, 40)
    counts = []

    def noisy(rows, nodes):
        counts.append(nodes.shape[1])
        return (1e-4 * random(*nodes.shape),)

    interpolated(stretch, noisy, torch.full((7,), 1e-3))
    assert counts == [9]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100), st.floats(0.01, 200), st.booleans())
def test_a_response_is_that_of_sums_over_the_entries(seed, loudness, one_tensor):
    level = loudness * random(7, 30, seed=seed).double()
    log_p = level.log_softmax(dim=-1)
    scaled = level if one_tensor else level - random(7, 30, seed=seed + 1).double()
    log_p[:, 3] = -torch.inf  # an entry that does not count
    stretch = 0.5 * random(7, 4, seed=seed + 2).double().tanh()
    found = response(log_p * LOG2E, level, scaled, stretch)
    for token in range(7):
        kept = torch.arange(30) != 3
        p, g, own = log_p[token, kept].softmax(dim=-1), scaled[token, kept], level[token, kept]
        for node, e in enumerate(stretch[token]):
            grown = p.log() + e * g
            q = grown.softmax(dim=-1)
            mean = (q * (own + e * g)).sum() - (p * own).sum()
            size = 1 + 1e-2 * loudness
            assert found.log_mass[token, node].item() == pytest.approx(
                grown.logsumexp(dim=-1).item(), abs=1e-7 * size
            )
            assert found.mean[token, node].item() == pytest.approx(mean.item(), abs=1e-7 * size)


def test_huge_logits_and_stretches_do_not_overflow():
    level = 3000 * random(7, 30)
    log_p = level.log_softmax(dim=-1) * LOG2E
    found = response(log_p, level, level, torch.full((7, 1), 50.0))
    assert found.log_mass.isfinite().all()
    assert found.mean.isfinite().all()
