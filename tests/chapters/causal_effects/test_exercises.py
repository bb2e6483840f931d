"""The checks accept the printed solutions, and refuse wrong answers that a reader may try."""

import pytest
import torch

import confidence_neurons as cn
import references
from chapters.solutions import printed_solution
from confidence_neurons_book.causal_effects import checks
from confidence_neurons_book.exercises import check_answer

CHAPTER, PLACE = "04-causal-effects", {"torch": torch, "cn": cn}
NEURONS = [110, 43]


def half_noise(model):
    prose = cn.prose_tokens(model)[1:3]
    return cn.corrupt(prose, 0.5, cn.unigram_counts("prose"))


@pytest.fixture(scope="module")
def exercises():
    model = references.bundled("prose")
    return {
        "my_effects": (checks.three_effects, checks.ablations(model, half_noise(model), NEURONS)),
        "my_slope": (checks.slope_of_loss, checks.predictions()),
        "my_parts": (checks.two_parts, checks.turned_dials()),
    }


def mixed(pairs, *, size=False, quantity=cn.entropy):
    """The three effects from pairs of (stream, stream that gives the scale)."""

    def answer(stream, push, scale, logits):
        streams = {"old": stream, "new": stream + push, "push": push}
        clean = quantity(logits(stream, scale(stream)))
        changes = torch.stack(
            [quantity(logits(streams[x], scale(streams[y]))) - clean for x, y in pairs]
        )
        return changes.abs() if size else changes

    return answer


TOTAL, DIRECT, INDIRECT = ("new", "new"), ("new", "old"), ("old", "new")


def indirect_as_difference(stream, push, scale, logits):
    total, direct, _ = checks.three_effects(stream, push, scale, logits)
    return torch.stack([total, direct, total - direct])


def means(stream, push, scale, logits):
    return checks.three_effects(stream, push, scale, logits).mean(dim=1)


def surprisal(logits, target):
    return -logits.log_softmax(-1).gather(-1, target[:, None]).squeeze(-1)


WRONG = {
    "my_effects": {
        "direct and indirect swapped": mixed([TOTAL, INDIRECT, DIRECT]),
        "the scale of the push alone": mixed([TOTAL, DIRECT, ("old", "push")]),
        "total in the place of direct": mixed([TOTAL, TOTAL, INDIRECT]),
        "sizes without signs": mixed([TOTAL, DIRECT, INDIRECT], size=True),
        "indirect as total minus direct": indirect_as_difference,
        "means over tokens": means,
        "confidence for entropy": mixed(
            [TOTAL, DIRECT, INDIRECT], quantity=lambda logits: logits.softmax(-1).amax(-1)
        ),
    },
    "my_slope": {
        "the other sign": lambda logits, y: surprisal(logits, y) - cn.entropy(logits),
        "minus the surprisal": lambda logits, y: -surprisal(logits, y),
        "the entropy": lambda logits, y: cn.entropy(logits),
        "the likeliest token": lambda logits, y: (
            cn.entropy(logits) - surprisal(logits, logits.argmax(-1))
        ),
        "the mean over tokens": lambda logits, y: (
            cn.entropy(logits) - surprisal(logits, y)
        ).mean(),
        "the mean logit without weights": lambda logits, y: (
            logits.gather(-1, y[:, None]).squeeze(-1) - logits.mean(-1)
        ),
        "a step of temperature": lambda logits, y: surprisal(logits / 2, y) - surprisal(logits, y),
    },
    "my_parts": {
        "a correlation": lambda turn, need: [
            turn.mean() * need.mean(),
            torch.corrcoef(torch.stack([turn, need]))[0, 1],
        ],
        "covariance of a sample": lambda turn, need: [
            turn.mean() * need.mean(),
            torch.cov(torch.stack([turn, need]))[0, 1],
        ],
        "the whole in the second place": lambda turn, need: [
            turn.mean() * need.mean(),
            (turn * need).mean(),
        ],
        "swapped": lambda turn, need: checks.two_parts(turn, need).flip(0),
        "medians": lambda turn, need: [
            turn.median() * need.median(),
            (turn * need).mean() - turn.median() * need.median(),
        ],
        "sums": lambda turn, need: checks.two_parts(turn, need) * len(turn),
    },
}
CASES = [(name, why) for name, answers in WRONG.items() for why in answers]


@pytest.mark.parametrize("name", WRONG)
def test_the_printed_solution_is_accepted(name, exercises):
    reference, inputs = exercises[name]
    assert check_answer(printed_solution(CHAPTER, name, PLACE), reference, *inputs).startswith(
        "Correct"
    )


@pytest.mark.parametrize(("name", "why"), CASES)
def test_a_wrong_answer_is_refused(name, why, exercises):
    reference, inputs = exercises[name]
    sentence = check_answer(WRONG[name][why], reference, *inputs)
    assert "not yet" in sentence or "expected shape" in sentence


def test_the_reference_of_the_effects_is_what_the_library_measures(exercises):
    model = references.bundled("prose")
    frame = cn.token_effects(model, half_noise(model), NEURONS)
    _, inputs = exercises["my_effects"]
    for neuron, given in zip(NEURONS, inputs, strict=True):
        rows = frame[frame["neuron"] == neuron]
        columns = [f"entropy_{path}" for path in ("total", "direct", "indirect")]
        expected = torch.tensor(rows[columns].to_numpy().T)
        torch.testing.assert_close(
            checks.three_effects(*given).double(), expected.double(), atol=2e-5, rtol=1e-4
        )


def test_the_slope_is_entropy_minus_surprisal():
    for logits, target in checks.predictions():
        expected = cn.entropy(logits) - surprisal(logits, target)
        torch.testing.assert_close(checks.slope_of_loss(logits, target), expected)
