"""Every answer that a reader can give gets its sentence."""

import math

import numpy as np
import pytest
import torch

from confidence_neurons_book.exercises import check_answer

INPUTS = [(torch.tensor([1.0, 2.0, 3.0]),), (torch.tensor([4.0, 5.0]),)]


def double(x):
    return 2 * x


def test_a_right_answer_is_called_correct():
    assert check_answer(lambda x: x + x, double, *INPUTS) == (
        "Correct: agrees with the reference on 2 inputs."
    )


def test_one_input_is_spoken_of_in_the_singular():
    assert check_answer(double, double, INPUTS[0]).endswith("on 1 input.")


@pytest.mark.parametrize("nothing", [None, ...])
def test_an_unsolved_exercise_is_called_not_answered(nothing):
    assert check_answer(lambda x: nothing, double, *INPUTS).startswith("Not answered yet")


def test_a_wrong_answer_is_told_where_and_by_how_much():
    def wrong_on_the_second(x):
        return 2 * x if len(x) == 3 else 2 * x + torch.tensor([0.5, 0.25])

    sentence = check_answer(wrong_on_the_second, double, *INPUTS)
    assert sentence == "Input 2: not yet, off by up to 0.5."


def test_an_answer_of_another_shape_is_told_both_shapes():
    sentence = check_answer(lambda x: x.sum(), double, *INPUTS)
    assert sentence == "Input 1: expected shape (3,), got ()."


def test_an_error_in_the_answer_is_reported_not_raised():
    def broken(x):
        raise KeyError("entropy")

    assert check_answer(broken, double, *INPUTS) == (
        "Input 1: your function raised KeyError: 'entropy'"
    )


def test_an_answer_that_is_no_number_is_not_called_an_error_of_the_function():
    sentence = check_answer(lambda x: "four", double, *INPUTS)
    assert "expected a number or a tensor, got str" in sentence
    assert "raised" not in sentence


def test_an_error_in_the_reference_is_raised():
    def broken(x):
        raise KeyError("entropy")

    with pytest.raises(KeyError):
        check_answer(double, broken, *INPUTS)


def test_without_inputs_nothing_can_be_compared():
    with pytest.raises(ValueError, match="at least one"):
        check_answer(double, double)


def test_the_tolerance_decides():
    assert check_answer(lambda x: 2 * x + 1e-3, double, *INPUTS).startswith("Input 1")
    assert check_answer(lambda x: 2 * x + 1e-3, double, *INPUTS, tolerance=1e-2).startswith(
        "Correct"
    )


@pytest.mark.parametrize("convert", [np.asarray, torch.Tensor.tolist, torch.Tensor.double])
def test_arrays_lists_and_other_precisions_are_welcome(convert):
    assert check_answer(lambda x: convert(2 * x), double, *INPUTS).startswith("Correct")


def test_numbers_are_compared_as_numbers():
    assert check_answer(lambda a, b: a + b, lambda a, b: b + a, (1, 2), (0.5, 3)).startswith(
        "Correct"
    )
    assert check_answer(lambda a, b: a - b, lambda a, b: a + b, (1, 2)).startswith(
        "Input 1: not yet"
    )


def test_nan_is_right_only_where_the_reference_has_it():
    reference = torch.tensor([1.0, math.nan])
    assert check_answer(lambda: reference.clone(), lambda: reference, ()).startswith("Correct")
    sentence = check_answer(lambda: torch.tensor([math.nan, math.nan]), lambda: reference, ())
    assert sentence == "Input 1: not yet, NaN or infinite where the reference is not."


def test_an_answer_that_changes_its_input_does_not_spoil_the_comparison():
    def in_place(x):
        return x.mul_(3)

    assert check_answer(in_place, double, (torch.ones(2),)).startswith("Input 1: not yet")
