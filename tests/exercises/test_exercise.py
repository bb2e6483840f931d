"""A check speaks of what is wrong, draws anew, gives hints in steps and keeps count."""

import pytest
import torch

from confidence_neurons.exercises import Exercise, progress
from confidence_neurons.exercises.exercise import NOTHING_LEFT, UNANSWERED

NEGATIVE = "Also what is negative is doubled: leave it as it is."


def doubled(x):
    return torch.where(x > 0, 2 * x, x)


def draw(generator):
    return [(torch.randn(4, generator=generator),), (torch.tensor([1.0, -1.0]),)]


@pytest.fixture
def exercise():
    mistakes = {"This is x itself: double it.": lambda x: x, NEGATIVE: lambda x: 2 * x}
    return Exercise("sums.doubled", doubled, draw, ["First.", "Second.", "Third."], mistakes)


def test_a_right_answer_solves_it(exercise):
    verdict = exercise.check(lambda x: x + x.clamp(min=0))
    assert (verdict.outcome, verdict.tries) == ("solved", 1)
    assert str(verdict) == "Correct: right on 2 inputs."
    assert verdict.arguments == ()


@pytest.mark.parametrize("nothing", [None, ...])
def test_a_stub_is_not_answered_and_no_try(exercise, nothing):
    verdict = exercise.check(lambda x: nothing)
    assert (verdict.outcome, verdict.tries, str(verdict)) == ("not answered", 0, UNANSWERED)


def test_a_known_mistake_is_called_by_its_name(exercise):
    assert str(exercise.check(lambda x: x * 2.0)) == f"Not yet. {NEGATIVE}"


def test_what_is_no_known_mistake_is_told_by_its_difference(exercise):
    verdict = exercise.check(lambda x: -doubled(x))
    assert str(verdict) == "Not yet. The sign is the other way round."


def test_an_error_on_a_later_input_is_told_with_the_input(exercise):
    def broken(x):
        if len(x) == 2:
            raise IndexError("no third")
        return doubled(x)

    verdict = exercise.check(broken)
    assert str(verdict) == "Not yet. Input 2 (x [2]): your function raised IndexError: no third."
    assert verdict.arguments[0].tolist() == [1, -1]


def test_a_branch_that_returns_nothing_is_no_stub(exercise):
    verdict = exercise.check(lambda x: doubled(x) if len(x) == 4 else None)
    assert str(verdict) == "Not yet. Input 2 (x [2]): your function returned nothing."


def test_what_is_no_function_is_told(exercise):
    assert str(exercise.check(torch.ones(3))) == "Not yet: expected a function, got Tensor."


def test_further_inputs_are_checked_too(exercise):
    def wrong_on_long_ones(x):
        return doubled(x) + (len(x) > 4)

    assert exercise.check(wrong_on_long_ones).outcome == "solved"
    verdict = exercise.check(wrong_on_long_ones, (torch.arange(9.0),))
    assert "Right on 2 of 3 inputs; input 3 (x [9])" in str(verdict)


def test_hints_come_from_the_second_failure_on_and_end(exercise):
    said = [str(exercise.check(lambda x: x)).partition("\n")[2] for _ in range(5)]
    assert said == ["", *(f"Hint {n} of 3: {exercise.hints[n - 1]}" for n in (1, 2, 3)), ""]


def test_a_hint_can_be_asked_for_and_is_not_given_twice(exercise):
    assert exercise.hint() == "Hint 1 of 3: First."
    exercise.check(lambda x: x)
    assert "Hint 2 of 3: Second." in str(exercise.check(lambda x: x))
    assert exercise.hint() == "Hint 3 of 3: Third."
    assert exercise.hint() == NOTHING_LEFT


def test_each_try_draws_anew_and_each_session_alike(exercise):
    first, second = exercise.inputs(1)[0][0], exercise.inputs(2)[0][0]
    assert not first.equal(second)
    seen = []

    def watch(x):
        seen.append(x)
        return x

    exercise.check(watch)
    exercise.check(watch)
    assert seen[0].equal(first)
    assert seen[2].equal(second)


def test_progress_is_kept_until_it_is_solved(exercise):
    assert progress().empty
    exercise.check(lambda x: ...)
    assert progress().to_numpy().tolist() == [["sums.doubled", False, 0, 0]]
    for answer in (lambda x: x, lambda x: x, doubled, doubled):
        exercise.check(answer)
    assert progress().to_numpy().tolist() == [["sums.doubled", True, 3, 1]]


def test_the_tolerance_decides(exercise):
    wide = Exercise("wide", doubled, draw, [], {}, tolerance=0.1)
    assert wide.check(lambda x: doubled(x) + 1e-2).outcome == "solved"
    assert exercise.check(lambda x: doubled(x) + 1e-2).outcome == "not yet"
