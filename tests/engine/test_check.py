"""The error of estimates, from what a few exact values tell of it."""

import pytest
import torch

from confidence_neurons.engine.check import AS_IF_DRAWN, MARGIN, ROUNDING, ErrorCheck
from engine.synthetic import random

NEURONS = slice(0, 4)


def in_common(factor, drawn):
    """What is made of a common factor of error to risk."""
    return (drawn * MARGIN * factor + AS_IF_DRAWN) / (drawn + AS_IF_DRAWN)


def risks(tokens=30, neurons=4, seed=0):
    """Of very different sizes, one of them 0."""
    risk = random(tokens, neurons, seed=seed).mul(2).exp()
    risk[3, 1] = 0
    return risk


def filled(check, risk, missed):
    """The check after one piece, in which all errors are known."""
    drawn = check.draw(risk)
    check.add(NEURONS, risk, drawn, missed[tuple(drawn.T)])
    return check


@pytest.mark.parametrize("factor", [0.0, 0.01, 3.0])
def test_errors_that_go_with_the_risk_are_found_from_any_draw(factor):
    risk, effect = risks(), torch.tensor([2.0, 0.5, 1.0, 3.0], dtype=torch.float64)
    check = filled(ErrorCheck(4, share=0.1), risk, factor * risk + ROUNDING)
    expected = in_common(factor, 12) * risk.double().mean(dim=0) / effect
    assert check.relative_error(effect, 30).tolist() == pytest.approx(expected.tolist(), rel=1e-2)


def test_errors_within_rounding_do_not_count():
    risk = risks()
    check = filled(ErrorCheck(4, share=0.1), risk, torch.full_like(risk, ROUNDING))
    assert check.missed == 0


def test_a_neuron_is_not_thought_better_than_all_together():
    risk = risks()
    risk[:, 3] *= 0.02
    missed = risk * torch.tensor([0.0, 0.0, 0.0, 9.0]) + ROUNDING
    check = filled(ErrorCheck(4, share=0.5), risk, missed)
    found = check.relative_error(torch.ones(4), 30) / risk.double().mean(dim=0)
    common = in_common(float(check.missed / check.risks.sum()), 60)
    assert 0 < common < 9
    assert found.tolist() == pytest.approx([common, common, common, 9], rel=1e-2)


def test_few_draws_are_not_relied_on():
    """Of none, an error is its risk; of many, what they say."""
    risk, factors = torch.ones(3000, 4), []
    for share in (1e-9, 1.0):
        check = filled(ErrorCheck(4, share=share), risk, 0.001 * risk + ROUNDING)
        factors.append(float(check.relative_error(torch.ones(4), 3000)[0]))
    assert factors == pytest.approx([in_common(0.001, 1), in_common(0.001, 12000)], rel=1e-2)
    assert factors[0] > 0.9
    assert factors[1] < 0.011


def test_without_an_effect_there_is_no_relative_error():
    check = filled(ErrorCheck(4, share=0.1), risks(), 0.3 * risks() + ROUNDING)
    effect = torch.tensor([0.0, 1.0, 1.0, 1.0])
    assert not check.relative_error(effect, 30)[0].isfinite()
    nothing = filled(ErrorCheck(4), 0 * risks(), 0 * risks())
    assert nothing.relative_error(torch.zeros(4), 30).isnan().all()
    assert (nothing.relative_error(torch.ones(4), 30) == 0).all()


def test_the_seed_decides_what_is_drawn():
    risk = risks()
    draws = [ErrorCheck(4, seed, share=0.1).draw(risk).tolist() for seed in (0, 0, 1)]
    assert draws[0] == draws[1]
    assert draws[0] != draws[2]
    check = ErrorCheck(4, share=0.1)
    assert check.draw(risk).tolist() == draws[0]
    assert check.draw(risk).tolist() != draws[0]  # the next piece


def test_a_share_is_drawn_of_what_is_at_risk():
    risk = risks()
    drawn = ErrorCheck(4, share=0.1).draw(risk)
    assert len(drawn) == 12
    assert drawn.unique(dim=0).equal(drawn)
    assert len(ErrorCheck(4, share=1e-9).draw(risk)) == 1
    everything = ErrorCheck(4, share=1.0).draw(risk)
    assert len(everything) == (risk > 0).sum()
    assert (risk[tuple(everything.T)] > 0).all()
    assert ErrorCheck(4).draw(torch.zeros(30, 4)).shape == (0, 2)


def test_ablations_are_drawn_in_proportion_to_their_risk():
    risk = torch.tensor([[1.0, 2.0], [4.0, 0.0], [1.0, 8.0]])
    times = torch.zeros_like(risk)
    for seed in range(2000):
        times[tuple(ErrorCheck(2, seed, share=1e-9).draw(risk).T)] += 1
    expected = (risk / 16).flatten().tolist()
    assert (times / 2000).flatten().tolist() == pytest.approx(expected, abs=0.04)


@pytest.mark.parametrize("step", [10, 30])
def test_over_many_seeds_the_factor_is_the_ratio_of_all_errors_to_all_risks(step):
    """Whatever the risks are worth, and however they are spread over the pieces."""
    risk, missed = risks(seed=1).sqrt(), random(30, 4, seed=2).exp()
    risk *= torch.linspace(1, 20, 30)[:, None]
    missed[3, 1] = 0  # where nothing is at risk
    factors = []
    for seed in range(1500):
        check = ErrorCheck(4, seed, share=1e-9)
        for first in range(0, 30, step):
            rows = slice(first, first + step)
            filled(check, risk[rows], missed[rows] + ROUNDING)
        factors.append(float(check.missed / check.risks.sum()))
    expected = float(missed.sum() / risk.sum())
    spread = float(torch.tensor(factors).std()) / 1500**0.5
    assert sum(factors) / 1500 == pytest.approx(expected, abs=4 * spread)
    assert spread < 0.07 * expected


def test_neurons_keep_their_place_among_all():
    check, risk = ErrorCheck(6, share=1.0), torch.ones(2, 2)
    check.add(slice(3, 5), risk, check.draw(risk), torch.tensor([1.0, 2.0, 1.0, 2.0]) + ROUNDING)
    assert check.risks.tolist() == [0, 0, 0, 2, 2, 0]
    found = check.relative_error(torch.ones(6), 2)
    common = in_common(1.5, 4)
    assert found.tolist() == pytest.approx([0, 0, 0, common, max(common, 2), 0], rel=1e-5)
