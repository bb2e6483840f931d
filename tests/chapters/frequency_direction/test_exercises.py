"""The checks accept the printed solutions, and refuse wrong answers that a reader may try."""

import re

import pytest
import torch

import confidence_neurons as cn
import references
from chapters.solutions import printed_solution
from confidence_neurons_book.exercises import check_answer
from confidence_neurons_book.frequency_direction import checks

CHAPTER, PLACE = "05-frequency-direction", {"torch": torch, "cn": cn}
EXERCISES = {
    "my_direction": (checks.direction, [(each,) for each in checks.COUNTS]),
    "my_share": (checks.share, checks.share_inputs()),
    "my_temperature": (checks.temperature, checks.temperature_inputs()),
}


def verdict(name, answer):
    reference, inputs = EXERCISES[name]
    return check_answer(answer, reference, *inputs, tolerance=1e-3)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_printed_solution_is_accepted(name):
    assert verdict(name, printed_solution(CHAPTER, name, PLACE)).startswith("Correct")


def unit(vector, *, centred=True):
    kept = vector - vector.mean() if centred else vector
    return kept / kept.norm()


def put_back(clean, changed, u, factor=1.0):
    return changed + factor * ((clean - changed) @ u)[:, None] * u


def effect(clean, other):
    return cn.entropy(other) - cn.entropy(clean)


def ratio(clean, changed, restored):
    return 1 - effect(clean, restored).abs().mean() / effect(clean, changed).abs().mean()


def whole(clean, changed, u):
    return ratio(clean, changed, put_back(clean, changed, u))


def halved(logits, entropy, measure, low=0.01, high=100.0):
    for _ in range(40):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if measure(logits, middle) < entropy else (low, middle)
    return low


WRONG = {
    "my_direction": {
        "nothing added": lambda c: unit(c.double().log()),
        "one added to zeros only": lambda c: unit(c.clamp(min=1).double().log()),
        "a small number added": lambda c: unit((c + 1e-8).double().log()),
        "no logarithm": lambda c: unit((c + 1).double()),
        "not centred": lambda c: unit((c + 1).double().log(), centred=False),
        "centred under P_freq": lambda c: unit(
            (c + 1).double().log() - ((c + 1) / (c + 1).sum()).double() @ (c + 1).double().log(),
            centred=False,
        ),
        "not of length one": lambda c: (c + 1).double().log() - (c + 1).double().log().mean(),
        "towards rare tokens": lambda c: -unit((c + 1).double().log()),
    },
    "my_share": {
        "nothing put back": lambda a, b, u: ratio(a, b, b),
        "everything put back": lambda a, b, u: ratio(a, b, a),
        "put back with the wrong sign": lambda a, b, u: ratio(a, b, put_back(a, b, u, -1.0)),
        "projection set to zero": lambda a, b, u: ratio(a, b, b - (b @ u)[:, None] * u),
        "clean moved instead of changed": lambda a, b, u: ratio(
            a, b, a + ((b - a) @ u)[:, None] * u
        ),
        "what is left, not what goes": lambda a, b, u: 1 - whole(a, b, u),
        "signed means": lambda a, b, u: (
            1 - effect(a, put_back(a, b, u)).mean() / effect(a, b).mean()
        ),
        "mean of ratios": lambda a, b, u: (
            1 - (effect(a, put_back(a, b, u)).abs() / effect(a, b).abs()).mean()
        ),
        "squares": lambda a, b, u: (
            1 - effect(a, put_back(a, b, u)).square().mean() / effect(a, b).square().mean()
        ),
        "share of the distance": lambda a, b, u: ((a - b) @ u).norm() / (a - b).norm(),
    },
    "my_temperature": {
        "ratio of entropies": lambda x, h: h / float(cn.entropy(x).mean()),
        "its inverse": lambda x, h: 1 / checks.temperature(x, h),
        "heats only": lambda x, h: max(1.0, checks.temperature(x, h)),
        "cools only": lambda x, h: min(1.0, checks.temperature(x, h)),
        "median entropy": lambda x, h: halved(x, h, lambda y, t: cn.entropy(y / t).median()),
        "first token only": lambda x, h: halved(x, h, lambda y, t: cn.entropy(y[0] / t)),
        "entropy of the mean logits": lambda x, h: halved(
            x, h, lambda y, t: cn.entropy(y.mean(0) / t)
        ),
        "entropy of the mean prediction": lambda x, h: halved(
            x, h, lambda y, t: cn.entropy((y / t).softmax(-1).mean(0).log())
        ),
        "stops early": lambda x, h: round(checks.temperature(x, h), 1),
    },
}


@pytest.mark.parametrize(
    ("name", "wrong"), [(name, wrong) for name, answers in WRONG.items() for wrong in answers]
)
def test_a_wrong_answer_is_refused(name, wrong):
    assert not verdict(name, WRONG[name][wrong]).startswith("Correct")


def test_a_text_of_the_reader_s_own():
    model = references.bundled("prose")
    unigram = cn.Unigram.from_counts(cn.unigram_counts("prose"))
    assert checks.your_text(model, ..., unigram).startswith("Not answered yet")
    assert checks.your_text(model, "Too short.", unigram).startswith("Not yet")
    passage = next(iter(cn.passages().values()))
    one_row = passage[:120]
    assert checks.your_text(model, one_row, unigram).startswith("Not yet: give at least")
    told = checks.your_text(model, passage[:1500], unigram)
    assert re.fullmatch(
        r"Your text, least sure third: KL \d\.\d\d nats; sure predictions, heated: \d\.\d\d\.", told
    )
