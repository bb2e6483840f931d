"""The error of estimates, from what a sample of tokens tells of it."""

import pytest
import torch

from confidence_neurons.engine.check import CHECKED_TOKENS, ROUNDING, ErrorCheck


def filled(factors, tokens=50):
    """A check whose errors are `factors` times the cube of the sizes, neuron by neuron."""
    check = ErrorCheck(tokens, len(factors))
    size = 0.1 + torch.rand(tokens, len(factors), generator=torch.Generator().manual_seed(1))
    missed = torch.tensor(factors) * size**3
    for rows in (slice(0, 20), slice(20, tokens)):
        check.add_sizes(slice(None), size[rows])
        at = check.sampled(rows)
        check.add_errors(slice(None), size[rows][at], missed[rows][at] + ROUNDING)
    return check, missed.mean(dim=0).double()


def test_errors_that_go_with_the_cube_are_found_from_the_sample():
    check, missed = filled([0.3, 0.3])
    effect = torch.tensor([2.0, 0.5], dtype=torch.float64)
    assert check.relative_error(effect).tolist() == pytest.approx((missed / effect).tolist(), 1e-4)


def test_a_neuron_is_not_thought_better_than_all_together():
    check, missed = filled([0.0, 0.6])
    error = check.relative_error(torch.ones(2, dtype=torch.float64))
    assert error[1].item() == pytest.approx(missed[1].item(), rel=1e-4)
    assert 0.2 < error[0] / missed[1] < 0.8


def test_errors_within_rounding_do_not_count():
    check, _ = filled([0.0, 0.0])
    assert (check.relative_error(torch.ones(2)) == 0).all()


def test_without_an_effect_there_is_no_relative_error():
    check, _ = filled([0.0, 0.3])
    assert check.relative_error(torch.tensor([0.0, 1.0])).isnan().tolist() == [False, False]
    nothing = ErrorCheck(50, 1)
    assert nothing.relative_error(torch.zeros(1)).isnan().all()


def test_the_seed_decides_the_sample_which_is_of_fixed_size():
    first, again, other = ErrorCheck(90, 1), ErrorCheck(90, 1), ErrorCheck(90, 1, seed=1)
    assert first.is_sampled.equal(again.is_sampled)
    assert not first.is_sampled.equal(other.is_sampled)
    assert first.is_sampled.sum() == other.is_sampled.sum() == CHECKED_TOKENS
    assert ErrorCheck(5, 1).is_sampled.all()


def test_sampled_places_are_counted_from_the_first_of_the_piece():
    check = ErrorCheck(90, 1)
    pieces = [check.sampled(slice(0, 40)), 40 + check.sampled(slice(40, 90))]
    assert torch.cat(pieces).equal(check.is_sampled.nonzero().squeeze(-1))
