"""Each way of being wrong has its words."""

import math

import pytest
import torch

from confidence_neurons.exercises.differences import difference, in_words

RIGHT = [torch.tensor([1.0, -2.0, 3.0]), torch.tensor([[4.0, 5.0, 0.5]])]
INPUTS = ["x [3]", "x [1, 3]"]


def told(wrong, right=RIGHT, inputs=INPUTS):
    return difference([wrong(each) for each in right], right, inputs, 1e-4)[1]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda x: -x, "the sign is the other way round."),
        (lambda x: 2 * x, "everything is 2 times what it should be."),
        (lambda x: x / math.log(2), "everything is 1.443 times what it should be (1 / ln 2,"),
        (lambda x: x * math.log(2), "everything is 0.6931 times what it should be (ln 2,"),
        (lambda x: x + 0.25, "everything is too large by 0.25."),
        (lambda x: x - 3, "everything is too small by 3."),
        (lambda x: x.sum(), "input 1 (x [3]): expected shape [3], got []: you gave one number"),
        (lambda x: x[..., None], "expected shape [3], got [3, 1]: an axis of length one too many"),
        (lambda x: x.mean(0), "expected shape [3], got []"),
        (lambda x: x.log(), "input 1 (x [3]): NaN at [1], where it should be finite."),
        (lambda x: x / (x - 1), "input 1 (x [3]): infinite at [0], where it should be finite."),
        (
            lambda x: x.where(x > 0, torch.tensor(7.0)),
            "right on 1 of 2 inputs; input 1 (x [3]): 1 of 3 entries are wrong, "
            "the first at [1]: expected -2, got 7.",
        ),
    ],
)
def test_what_is_wrong_is_told(wrong, words):
    assert words in told(wrong)


def test_exchanged_axes_are_told():
    right = [torch.arange(6.0).reshape(2, 3)]
    assert "the axes are exchanged" in told(torch.t, right, ["x"])


def test_a_shape_that_is_wrong_on_a_later_input_is_found_there():
    place, words = difference([RIGHT[0], RIGHT[1][0]], RIGHT, INPUTS, 1e-4)
    assert place == 1
    assert "input 2 (x [1, 3]): expected shape [1, 3], got [3]" in words


def test_one_number_is_asked_for():
    words = told(lambda x: x[None], [torch.tensor(2.0)], ["x 1"])
    assert words.startswith("input 1 (x 1): expected shape [], got [1]: one number is asked for")


def test_truth_values_are_told_as_such():
    right = [torch.tensor([True, False, True])]
    assert told(lambda x: ~x, right, ["x"]) == "true and false are exchanged."
    some = told(lambda x: x | True, right, ["x"])
    assert some == (
        "input 1 (x): 1 of 3 entries are wrong, the first at [1]: expected False, got True."
    )


def test_no_rule_is_read_into_one_number():
    assert told(lambda x: 2 * x, [torch.tensor(3.0)], ["x"]) == (
        "input 1 (x): expected 6, got 12.".replace("6", "3").replace("12", "6")
    )


def test_an_answer_of_nothing_but_zeros_is_no_factor():
    assert "entries are wrong" in told(torch.zeros_like)


def test_an_input_is_named_by_its_arguments():
    def reference(logits, temperature, count, way, scale):
        return logits

    arguments = (torch.zeros(2, 3), 0.123456, 4, "up", math.exp)
    assert in_words(reference, arguments) == (
        "logits [2, 3], temperature 0.1235, count 4, way 'up', scale a builtin_function_or_method"
    )
