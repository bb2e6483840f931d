"""The checks accept the printed solutions, and refuse wrong answers that a reader may try."""

import pandas as pd
import pytest
import torch

import confidence_neurons as cn
from chapters.solutions import printed_solution
from confidence_neurons_book.confidence import checks
from confidence_neurons_book.exercises import check_answer

CHAPTER, PLACE = "01-confidence", {"torch": torch, "pd": pd, "cn": cn}
EXERCISES = {
    "my_entropy": (cn.entropy, checks.entropy_inputs()),
    "logits_at": (checks.logits_at, checks.dial_inputs()),
    "entropy_slope": (checks.numerical_slope, checks.slope_inputs()),
    "my_calibration_error": (checks.calibration_error, checks.calibration_inputs()),
}


def verdict(name, answer):
    reference, inputs = EXERCISES[name]
    return check_answer(answer, reference, *inputs, tolerance=1e-3)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_printed_solution_is_accepted(name):
    assert verdict(name, printed_solution(CHAPTER, name, PLACE)).startswith("Correct")


def slope_of(logits, temperature, *, power=3, centred=True):
    p = (logits / temperature).softmax(dim=-1)
    mean = (p * logits).sum() if centred else 0
    return (p * (logits - mean) ** 2).sum() / temperature**power


def behind_norm(x, weights, bias, eps, factor, *, centred=True, bessel=False, tempered=False):
    kept = x - x.mean(dim=-1, keepdim=True) if centred else x
    scale = (kept.pow(2).sum(-1, keepdim=True) / (x.shape[-1] - bessel) + eps).sqrt()
    return kept / (factor * scale) @ weights + (bias / factor if tempered else bias)


def binned(said, gap):
    place = (said["confidence"] * 10).astype(int).clip(upper=9)
    return [(gap(part), len(part)) for _, part in said.groupby(place)]


def lean(part):
    return float((part["right"] - part["confidence"]).mean())


def weighted(pairs):
    return sum(gap * n for gap, n in pairs) / sum(n for _, n in pairs)


def overflowing(logits):
    return cn.entropy((logits.exp() / logits.exp().sum(-1, keepdim=True)).log())


WRONG = {
    "my_entropy": {
        "in bits": lambda logits: cn.entropy(logits) / 0.6931,
        "0 log 0": lambda logits: -(logits.softmax(-1) * logits.softmax(-1).log()).sum(-1),
        "mean over the vocabulary": lambda logits: cn.entropy(logits) / logits.shape[-1],
        "without the minus": lambda logits: -cn.entropy(logits),
        "one number for all rows": lambda logits: cn.entropy(logits).mean(),
        "surprisal of the best guess": lambda logits: -logits.log_softmax(-1).amax(-1),
        "exponentials that overflow": overflowing,
    },
    "logits_at": {
        "without the mean": lambda *given: behind_norm(*given, centred=False),
        "a temperature": lambda *given: behind_norm(*given, tempered=True),
        "torch.std": lambda *given: behind_norm(*given, bessel=True),
        "without epsilon": lambda x, w, b, eps, factor: behind_norm(x, w, b, 0.0, factor),
        "without the factor": lambda x, w, b, eps, factor: behind_norm(x, w, b, eps, 1.0),
        "times the factor": lambda x, w, b, eps, factor: behind_norm(x, w, b, eps, 1 / factor),
        "without the bias": lambda x, w, b, eps, factor: behind_norm(x, w, 0 * b, eps, factor),
    },
    "entropy_slope": {
        "second moment": lambda logits, t: slope_of(logits, t, centred=False),
        "T squared": lambda logits, t: slope_of(logits, t, power=2),
        "at T = 1 only": lambda logits, t: slope_of(logits, 1.0),
        "not weighted": lambda logits, t: logits.var() / t**3,
        "of the wrong sign": lambda logits, t: -slope_of(logits, t),
        "the entropy": lambda logits, t: cn.entropy(logits / t),
    },
    "my_calibration_error": {
        "without the size": lambda said: weighted(binned(said, lean)),
        "bins alike": lambda said: (
            sum(abs(gap) for gap, _ in binned(said, lean)) / len(binned(said, lean))
        ),
        "one bin": lambda said: abs(lean(said)),
        "token by token": lambda said: float((said["right"] - said["confidence"]).abs().mean()),
        "squares": lambda said: weighted([(gap**2, n) for gap, n in binned(said, lean)]),
        "a number": lambda said: 0.05,
    },
}


@pytest.mark.parametrize(
    ("name", "mistake"),
    [(name, mistake) for name, mistakes in WRONG.items() for mistake in mistakes],
)
def test_a_wrong_answer_is_refused(name, mistake):
    assert verdict(name, WRONG[name][mistake]).startswith("Input")


@pytest.mark.parametrize("name", EXERCISES)
def test_a_stub_is_not_answered(name):
    assert verdict(name, lambda *given: ...).startswith("Not answered")
