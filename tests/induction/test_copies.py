"""Which positions belong to which copy."""

import pytest
import torch

from confidence_neurons.induction.copies import copy_masks
from confidence_neurons.text.altered import repeated_random


def test_copies_are_where_they_should_be():
    first, second = copy_masks(repeated_random(50, 4, count=3), 4)
    #                  BOS  first copy  second copy
    assert first.int().tolist() == [[0, 1, 1, 1, 1, 0, 0, 0, 0]] * 3
    assert second.int().tolist() == [[0, 0, 0, 0, 0, 1, 1, 1, 0]] * 3


def test_every_prediction_of_the_second_copy_can_be_copied():
    tokens = repeated_random(50, 7, count=2)
    for row, position in copy_masks(tokens, 7)[1].nonzero().tolist():
        assert tokens[row, position] == tokens[row, position - 7]
        assert tokens[row, position + 1] == tokens[row, position + 1 - 7]


@pytest.mark.parametrize(
    ("tokens", "period", "match"),
    [
        (repeated_random(50, 6), 5, "two copies of 5 tokens.*repeated_random"),
        (repeated_random(50, 6)[:, :6], 6, "period from 1 to 5"),  # shorter than a period
        (repeated_random(50, 13, copies=1), 6, "14 positions"),
        (torch.arange(9).unsqueeze(0), 4, "differ"),
        (repeated_random(50, 1), 1, "at least 2"),
        (repeated_random(50, 6), 0, "period from 1 to 12"),
    ],
)
def test_what_is_not_two_copies_is_refused(tokens, period, match):
    with pytest.raises(ValueError, match=match):
        copy_masks(tokens, period)
