"""Numbers that a scan is given: what is refused, and what is not."""

import math

import numpy as np
import pytest
import torch

from confidence_neurons.engine.arguments import check_budget, check_null_dimension, check_seed


@pytest.mark.parametrize("budget", [2**30, 1e9, np.float32(1e9), np.int64(2**30), -1])
def test_any_finite_number_may_be_a_budget(budget):
    check_budget(budget)


@pytest.mark.parametrize("budget", ["1G", None, True, [2**30], torch.tensor(1e9), 1j])
def test_a_budget_that_is_no_number_is_refused(budget):
    with pytest.raises(TypeError, match=r"as a number of bytes, got .*: write 2\*\*30 for a GiB"):
        check_budget(budget)


@pytest.mark.parametrize("budget", [math.inf, -math.inf, math.nan, np.float64("inf")])
def test_a_budget_that_is_not_finite_is_refused(budget):
    with pytest.raises(ValueError, match="a finite number of bytes, got"):
        check_budget(budget)


@pytest.mark.parametrize("seed", [0, -1, -(2**63), 2**63, 2**64 - 1, np.int64(3), torch.tensor(3)])
def test_a_seed_that_is_let_through_starts_a_generator(seed):
    torch.Generator().manual_seed(check_seed(seed))


@pytest.mark.parametrize("seed", [1.5, None, "a", True, [1], torch.tensor(True)])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(TypeError, match="a seed as a whole number, got"):
        check_seed(seed)


@pytest.mark.parametrize("seed", [2**64, 2**70, -(2**63) - 1])
def test_a_seed_that_starts_no_generator_is_refused(seed):
    with pytest.raises(ValueError, match=r"a seed from -2\*\*63 to 2\*\*64 - 1, got"):
        check_seed(seed)


@pytest.mark.parametrize("k", [None, 1, 32, np.int64(3)])
def test_a_size_that_the_null_space_may_have(k):
    check_null_dimension(k, 32)


@pytest.mark.parametrize("k", [1.5, "a", True, torch.tensor(True)])
def test_a_size_that_is_no_whole_number_is_refused(k):
    with pytest.raises(TypeError, match="null_dimension as a whole number, got"):
        check_null_dimension(k, 32)


@pytest.mark.parametrize("k", [0, 33, -1])
def test_a_size_that_the_residual_stream_does_not_have_is_refused(k):
    with pytest.raises(ValueError, match=f"k between 1 and d_model = 32, got {k}"):
        check_null_dimension(k, 32)
