"""The checks accept the printed solutions, and refuse wrong answers that a reader may try."""

import pytest
import torch

import confidence_neurons as cn
import references
from chapters.solutions import printed_solution
from confidence_neurons.model.architecture import output_weights
from confidence_neurons_book.exercises import check_answer
from confidence_neurons_book.induction import checks

CHAPTER, PLACE = "06-induction", {"torch": torch, "cn": cn}
EXERCISES = {
    "my_induction_score": (checks.induction_score, checks.patterns()),
    "my_clip": (checks.clipped_write, checks.writes()),
    "my_response": (checks.response, checks.readings()),
    "my_break_even": (checks.break_even, checks.SHARES),
}


def verdict(name, answer):
    reference, inputs = EXERCISES[name]
    return check_answer(answer, reference, *inputs)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_printed_solution_is_accepted(name):
    assert verdict(name, printed_solution(CHAPTER, name, PLACE)).startswith("Correct")


def looking(pattern, period, back, begin=1):
    queries = torch.arange(begin + period, 2 * period + 1)
    return pattern[:, queries, queries - back].mean()


def kept(activations, mean, rises):
    return torch.where(rises, activations.clamp(max=mean), activations.clamp(min=mean))


def averaged(activations, first, second):
    return activations[:, second].mean(dim=(0, 1)) - activations[:, first].mean(dim=(0, 1))


WRONG = {
    "my_induction_score": {
        "the same token": lambda p, period: looking(p, period, period),
        "one too far": lambda p, period: looking(p, period, period - 2),
        "not the first query": lambda p, period: looking(p, period, period - 1, begin=2),
        "the last of the first copy too": lambda p, period: looking(p, period, period - 1, begin=0),
        "a sum": lambda p, period: looking(p, period, period - 1) * period,
        "the previous token": lambda p, period: looking(p, period, 1),
        "a constant": lambda p, period: 0.4,
    },
    "my_clip": {
        "mean ablation": lambda a, mean, rises, w: (mean - a) @ w,
        "rising and falling swapped": lambda a, mean, rises, w: (kept(a, mean, ~rises) - a) @ w,
        "all as if they rose": lambda a, mean, rises, w: (torch.minimum(a, mean) - a) @ w,
        "the sign turned": lambda a, mean, rises, w: (a - kept(a, mean, rises)) @ w,
        "what is left": lambda a, mean, rises, w: kept(a, mean, rises) @ w,
        "clipped at zero": lambda a, mean, rises, w: (kept(a, 0 * mean, rises) - a) @ w,
        "without output weights": lambda a, mean, rises, w: kept(a, mean, rises) - a,
    },
    "my_response": {
        "the sign turned": lambda a, period: -checks.response(a, period),
        "with BOS": lambda a, period: averaged(
            a, slice(0, period + 1), slice(period + 1, 2 * period)
        ),
        "with the last position": lambda a, period: averaged(
            a, slice(1, period + 1), slice(period + 1, None)
        ),
        "copies shifted by one": lambda a, period: averaged(
            a, slice(0, period), slice(period, 2 * period)
        ),
        "the first row alone": lambda a, period: checks.response(a[:1], period),
        "sums": lambda a, period: period * checks.response(a, period),
    },
    "my_break_even": {
        "a constant": lambda cost, saved: 0.4,
        "odds": lambda cost, saved: cost / saved,
        "the share that holds": lambda cost, saved: saved / (cost + saved),
        "a difference": lambda cost, saved: cost - saved,
    },
}


@pytest.mark.parametrize(
    ("name", "mistake"), [(name, mistake) for name, those in WRONG.items() for mistake in those]
)
def test_a_wrong_answer_is_refused(name, mistake):
    found = verdict(name, WRONG[name][mistake])
    assert "not yet" in found or "expected shape" in found


def test_the_score_that_is_asked_for_is_that_of_the_library():
    model, _ = references.tiny_pair("llama")
    tokens = cn.repeated_random(300, 5, count=2)
    _, cache = model.run_with_cache(tokens)
    scores = cn.induction.head_scores(model, tokens, 5).set_index(["layer", "head"])
    pattern = cache["blocks.1.attn.hook_pattern"][:, 2]
    expected = scores.loc[(1, 2), "induction"]
    assert float(checks.induction_score(pattern, 5)) == pytest.approx(expected, abs=1e-6)


def test_what_clipping_writes_is_what_ablate_adds():
    model, _ = references.tiny_pair("llama")
    state = cn.run(model, cn.repeated_random(300, 5, count=2))
    mean, rises, chosen = torch.randn(64), torch.rand(64) > 0.5, [3, 8]
    clipped = cn.ablate(model, state, chosen, to=mean, clip=rises)
    expected = checks.clipped_write(
        state.activations[0][:, chosen], mean[chosen], rises[chosen], output_weights(model)[chosen]
    )
    assert torch.allclose((clipped.residual - state.residual)[0], expected, atol=1e-5)
