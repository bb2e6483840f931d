"""What a reader's function gives is numbers, nothing, or trouble in words."""

import numpy as np
import pandas as pd
import pytest
import torch

from confidence_neurons.exercises.answers import agree, given_by, numbers_of, right_for

X = torch.tensor([1.0, 2.0])


@pytest.mark.parametrize("convert", [np.asarray, torch.Tensor.tolist, torch.Tensor.half, pd.Series])
def test_arrays_lists_and_other_precisions_are_numbers(convert):
    found = given_by(lambda x: convert(2 * x), (X,)).numbers
    assert found is not None
    assert found.tolist() == [2, 4]
    assert found.dtype == torch.float64


def test_several_tensors_in_a_list_are_stacked():
    assert numbers_of((X, X.tolist())).tolist() == [[1, 2], [1, 2]]


def test_truth_values_stay_what_they_are():
    assert numbers_of([True, False]).dtype == torch.bool


@pytest.mark.parametrize("nothing", [None, ...])
def test_a_stub_gives_nothing(nothing):
    assert not given_by(lambda x: nothing, (X,)).answered


def test_an_error_is_told_with_its_kind():
    def broken(x):
        raise KeyError("entropy")

    assert given_by(broken, (X,)).trouble == "your function raised KeyError: 'entropy'"


@pytest.mark.parametrize(("result", "kind"), [("four", "str"), ([X, X[:1]], "list of 2")])
def test_what_is_no_number_is_no_error_of_the_function(result, kind):
    assert given_by(lambda x: result, (X,)).trouble == f"expected a number or a tensor, got {kind}"


def test_an_error_of_the_reference_is_raised():
    def broken(x):
        raise KeyError("entropy")

    with pytest.raises(KeyError):
        right_for(broken, (X,))


@pytest.mark.parametrize(
    "argument", [torch.ones(2), np.ones(2), pd.Series([1.0, 1.0]), pd.DataFrame({"a": [1.0, 1.0]})]
)
def test_an_answer_that_changes_its_input_changes_a_copy(argument):
    def in_place(x):
        x *= 3
        return x

    given_by(in_place, (argument,))
    assert numbers_of(argument).unique().tolist() == [1]


def test_results_agree_within_the_tolerance_and_in_one_shape():
    assert agree(X + 1e-5, X, 1e-4)
    assert not agree(X + 1e-3, X, 1e-4)
    assert not agree(X[:1], X[:1][None], 1e-4)
    assert not agree(None, X, 1e-4)


def test_nan_agrees_with_nan_alone():
    nan = torch.tensor([float("nan")])
    assert agree(nan, nan, 1e-4)
    assert not agree(nan, X[:1], 1e-4)
