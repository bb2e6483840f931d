"""Which positions of a row count, and what a row of two copies is."""

import pytest
import torch

from confidence_neurons.text.altered import repeated_random
from confidence_neurons.text.rows import measured, need_copies


def test_the_first_and_the_last_position_do_not_count():
    values = torch.arange(12.0).view(2, 6)
    assert measured(values).tolist() == [[1, 2, 3, 4], [7, 8, 9, 10]]
    assert measured(torch.zeros(2, 6, 7)).shape == (2, 4, 7)


def test_targets_of_what_is_kept():
    tokens = torch.arange(12).view(2, 6)
    assert torch.equal(measured(torch.roll(tokens, -1, dims=1)), tokens[:, 2:])


@pytest.mark.parametrize("shape", [(2, 2), (2, 0)])
def test_too_few_positions(shape):
    with pytest.raises(ValueError, match="at least 3 positions"):
        measured(torch.zeros(shape))


def test_two_copies():
    tokens = repeated_random(50, period=4, count=2)
    need_copies(tokens, 4)
    with pytest.raises(ValueError, match=r"3 tokens \(7 positions\), got 9 positions"):
        need_copies(tokens, 3)
    tokens[1, 8] += 1
    with pytest.raises(ValueError, match="copies that differ"):
        need_copies(tokens, 4)
