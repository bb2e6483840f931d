"""The checks accept the printed solutions, and refuse wrong answers that a reader may try."""

import pytest
import torch

from chapters.solutions import printed_solution
from confidence_neurons_book.exercises import check_answer
from confidence_neurons_book.null_space import checks

CHAPTER, PLACE = "02-null-space", {"torch": torch}
EXERCISES = {
    "my_quiet_directions": (checks.quiet_directions, checks.QUIET),
    "my_temperature": (checks.temperature, checks.TEMPERATURE),
    "my_lowest_temperature": (checks.lowest_temperature, checks.LOWEST),
}


def verdict(name, answer):
    reference, inputs = EXERCISES[name]
    tolerance = 1e-3 if name == "my_quiet_directions" else 1e-4
    return check_answer(answer, reference, *inputs, tolerance=tolerance)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_printed_solution_is_accepted(name):
    assert verdict(name, printed_solution(CHAPTER, name, PLACE)).startswith("Correct")


def quiet(
    weights,
    gain,
    k,
    *,
    folded: bool | str = True,
    centred: int | None = 1,
    loudest=False,
    times=True,
):
    matrix = weights * gain.unsqueeze(1) if folded else weights
    if folded == "size":
        matrix = weights * gain.abs().unsqueeze(1)
    if centred is not None:
        matrix = matrix - matrix.mean(dim=centred, keepdim=True)
    directions = torch.linalg.svd(matrix, full_matrices=False).U
    kept = directions[:, :k] if loudest else directions[:, directions.shape[1] - k :]
    return kept @ kept.T if times else kept


def lengths(x, v, alpha):
    return (x + alpha * v).norm(dim=1), x.norm(dim=1)


WRONG = {
    "my_quiet_directions": [
        lambda weights, gain, k: quiet(weights, gain, k, folded=False),
        lambda weights, gain, k: quiet(weights, gain, k, folded="size"),
        lambda weights, gain, k: quiet(weights, gain, k, centred=None),
        lambda weights, gain, k: quiet(weights, gain, k, centred=0),
        lambda weights, gain, k: quiet(weights, gain, k, loudest=True),
        lambda weights, gain, k: quiet(weights, gain, k, times=False),
        lambda weights, gain, k: quiet(weights, gain, k + 1),
        lambda weights, gain, k: torch.zeros(len(weights), len(weights)),
    ],
    "my_temperature": [
        lambda x, v, alpha: (1 + alpha**2 / (x**2).sum(dim=1)).sqrt(),
        lambda x, v, alpha: lengths(x, v, abs(alpha))[0] / lengths(x, v, alpha)[1],
        lambda x, v, alpha: lengths(x, v, alpha)[1] / lengths(x, v, alpha)[0],
        lambda x, v, alpha: (lengths(x, v, alpha)[0] / lengths(x, v, alpha)[1]) ** 2,
        lambda x, v, alpha: lengths(x, v, alpha)[0],
        lambda x, v, alpha: (x + alpha * v).std(dim=1) / x.std(dim=1),
        lambda x, v, alpha: torch.ones(len(x)),
    ],
    "my_lowest_temperature": [
        lambda x, v: (x @ v) / x.norm(dim=1),
        lambda x, v: 1 - ((x @ v) / x.norm(dim=1)) ** 2,
        lambda x, v: 1 - ((x @ v) / x.norm(dim=1)).abs(),
        lambda x, v: (1 - ((x @ v) ** 2 / x.norm(dim=1)).clamp(max=1)).sqrt(),
        lambda x, v: torch.zeros(len(x)),
        lambda x, v: (x - x.mean() * v).norm(dim=1) / x.norm(dim=1),
    ],
}
TRIED = [(name, number) for name, answers in WRONG.items() for number in range(len(answers))]


@pytest.mark.parametrize(("name", "number"), TRIED)
def test_wrong_answers_are_refused(name, number):
    sentence = verdict(name, WRONG[name][number])
    assert sentence.startswith("Input"), sentence
    assert "raised" not in sentence


def test_unanswered_is_said():
    for name in EXERCISES:
        assert verdict(name, lambda *given: ...).startswith("Not answered yet")
