"""The checks accept the printed solutions, and refuse wrong answers that a reader may try."""

import pytest
import torch

from chapters.solutions import printed_solution
from confidence_neurons_book.exercises import check_answer
from confidence_neurons_book.what_we_know import checks

CHAPTER, PLACE = "07-what-we-know", {"torch": torch}
EXERCISES = {
    "my_rank_correlation": (checks.rank_correlation, checks.measures()),
    "my_claim": (checks.null_writers_beside_the_rest, checks.scans()),
}


def verdict(name, answer):
    reference, inputs = EXERCISES[name]
    return check_answer(answer, reference, *inputs)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_printed_solution_is_accepted(name):
    assert verdict(name, printed_solution(CHAPTER, name, PLACE)).startswith("Correct")


def correlation(x, y):
    return torch.corrcoef(torch.stack([x, y]).double())[0, 1]


def ranks(x):
    return x.argsort().argsort().double()


def concordance(x, y):
    """Kendall's rank correlation."""
    signs = [torch.sign(values[:, None] - values[None]) for values in (x, y)]
    return (signs[0] * signs[1]).sum() / (len(x) * (len(x) - 1))


def medians(scanned, *, by="null_fraction", count=12, of="entropy_ln_mediated", keep=False):
    highest = scanned[by].nlargest(count).index
    share = scanned[of]
    return [share[highest].median(), (share if keep else share.drop(highest)).median()]


def means(scanned):
    highest = scanned["null_fraction"].nlargest(12).index
    share = scanned["entropy_ln_mediated"]
    return [share[highest].mean(), share.drop(highest).mean()]


WRONG = {
    "my_rank_correlation": {
        "of the values": correlation,
        "of the order": lambda x, y: correlation(x.argsort(), y.argsort()),
        "one side ranked": lambda x, y: correlation(ranks(x), y),
        "of the logarithms": lambda x, y: correlation(x.abs().log(), y.abs().log()),
        "Kendall's": concordance,
        "without the sign": lambda x, y: correlation(ranks(x), ranks(y)).abs(),
        "not centred": lambda x, y: torch.cosine_similarity(ranks(x), ranks(y), dim=0),
        "the top twelve": lambda x, y: correlation(*(ranks(v[x.topk(12).indices]) for v in (x, y))),
    },
    "my_claim": {
        "means": means,
        "by norm": lambda scanned: medians(scanned, by="weight_norm"),
        "ten neurons": lambda scanned: medians(scanned, count=10),
        "of the effect": lambda scanned: medians(scanned, of="entropy_total"),
        "beside all": lambda scanned: medians(scanned, keep=True),
        "the other way round": lambda scanned: medians(scanned)[::-1],
        "by neuron number": lambda scanned: medians(scanned, by="neuron"),
        "one number": lambda scanned: medians(scanned)[0],
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
