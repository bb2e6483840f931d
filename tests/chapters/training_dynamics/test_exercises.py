"""The checks accept the printed solutions, and refuse wrong answers that a reader may try."""

import pytest
import torch

from chapters.solutions import printed_solution
from confidence_neurons_book.exercises import check_answer
from confidence_neurons_book.training_dynamics import checks

CHAPTER = "09-training-dynamics"
EXERCISES = {
    "my_onset": (checks.onset, checks.courses()),
    "my_followed": (checks.followed, checks.layers()),
    "my_nearly_null": (checks.nearly_null, checks.spectra()),
}


def verdict(name, answer):
    reference, inputs = EXERCISES[name]
    return check_answer(answer, reference, *inputs)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_printed_solution_is_accepted(name):
    assert verdict(name, printed_solution(CHAPTER, name, {"torch": torch})).startswith("Correct")


def begun(steps, values, threshold, *, at_it=False, last=False, before=1, never=-1):
    above = ((values >= threshold) if at_it else (values > threshold)).nonzero().flatten().tolist()
    if not above:
        return [never, never]
    at = above[-1] if last else above[0]
    return [int(steps[max(0, at - before)]), int(steps[at])]


def of_the_largest(steps, values, threshold):
    at = int(values.argmax())
    return [int(steps[max(0, at - 1)]), int(steps[at])]


def to_stay(steps, values, threshold):
    above = values > threshold
    for at in range(len(steps)):
        if above[at:].all():
            return [int(steps[max(0, at - 1)]), int(steps[at])]
    return [-1, -1]


def places(steps, values, threshold):
    return begun(torch.arange(len(steps)), values, threshold)


def wraps(steps, values, threshold):
    above = (values > threshold).nonzero().flatten()
    return [-1, -1] if not len(above) else [int(steps[above[0] - 1]), int(steps[above[0]])]


WRONG_ONSETS = {
    "at the threshold too": lambda *given: begun(*given, at_it=True),
    "the last step beyond": lambda *given: begun(*given, last=True),
    "no step before": lambda *given: begun(*given, before=0),
    "two steps before": lambda *given: begun(*given, before=2),
    "zero for never": lambda *given: begun(*given, never=0),
    "the largest": of_the_largest,
    "to stay": to_stay,
    "places for steps": places,
    "before the first stands the last": wraps,
}


@pytest.mark.parametrize("wrong", WRONG_ONSETS)
def test_wrong_onsets_are_refused(wrong):
    assert "not yet" in verdict("my_onset", WRONG_ONSETS[wrong])


def follow(values, named, count, *, pick=torch.Tensor.topk, rest="others", largest=True):
    highest = pick(values[named], count, largest=largest).indices
    others = torch.ones(values.shape[1], dtype=torch.bool)
    others[highest] = rest == "all"
    return torch.stack([values[:, highest].mean(dim=1), values[:, others].mean(dim=1)], dim=1)


def at_the_end(values, named, count):
    return follow(values, -1, count)


def named_anew(values, named, count):
    rows = [follow(values[[step]], 0, count)[0] for step in range(len(values))]
    return torch.stack(rows)


def sizes(values, named, count):
    highest = values[named].abs().topk(count).indices
    others = torch.ones(values.shape[1], dtype=torch.bool)
    others[highest] = False
    return torch.stack([values[:, highest].mean(dim=1), values[:, others].mean(dim=1)], dim=1)


def medians(values, named, count):
    highest = values[named].topk(count).indices
    others = torch.ones(values.shape[1], dtype=torch.bool)
    others[highest] = False
    each = [values[:, which].median(dim=1).values for which in (highest, others)]
    return torch.stack(each, dim=1)


WRONG_FOLLOWERS = {
    "named at the end": at_the_end,
    "named anew at each step": named_anew,
    "the lowest": lambda *given: follow(*given, largest=False),
    "the others with the named": lambda *given: follow(*given, rest="all"),
    "one neuron alone": lambda values, named, count: follow(values, named, 1),
    "by size": sizes,
    "medians": medians,
    "exchanged": lambda *given: follow(*given).flip(1),
}


@pytest.mark.parametrize("wrong", WRONG_FOLLOWERS)
def test_wrong_followers_are_refused(wrong):
    assert "not yet" in verdict("my_followed", WRONG_FOLLOWERS[wrong])


WRONG_COUNTS = {
    "zeros too": lambda values: int((values / values.median() < 1 / 3).sum()),
    "no division": lambda values: int(((values < 1 / 3) & (values > 1e-4)).sum()),
    "of the mean": lambda values: int(
        ((values / values.mean() < 1 / 3) & (values / values.mean() > 1e-4)).sum()
    ),
    "of the largest": lambda values: int(
        ((values / values.max() < 1 / 3) & (values / values.max() > 1e-4)).sum()
    ),
    "under a half": lambda values: int(
        ((values / values.median() < 1 / 2) & (values / values.median() > 1e-4)).sum()
    ),
    "those above": lambda values: int((values / values.median() > 1 / 3).sum()),
    "none": lambda values: 0,
}


@pytest.mark.parametrize("wrong", WRONG_COUNTS)
def test_wrong_counts_are_refused(wrong):
    assert "not yet" in verdict("my_nearly_null", WRONG_COUNTS[wrong])
