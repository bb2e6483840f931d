"""The exercises: what is right, inputs that wrong answers fail on, mistakes, hints."""

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from confidence_neurons.exercises import Exercise

NEVER = -1
THIRD, ZERO = 1 / 3, 1e-4

Steps = Int[Tensor, " step"]
Values = Float[Tensor, " step"]
History = Float[Tensor, "step neuron"]


def _onset(steps: Steps, values: Values, threshold: float) -> list[int]:
    """The last step before the first one at which a threshold is passed, and that one."""
    return _begun(steps, (values > threshold).nonzero().flatten().tolist())


def _begun(steps: Steps, above: list[int], before: int = 1, never: int = NEVER) -> list[int]:
    """From the places above the threshold, the first of which counts."""
    if not above:
        return [never, never]
    return [int(steps[max(0, above[0] - before)]), int(steps[above[0]])]


def _courses(generator: Generator) -> list[tuple[Tensor, Tensor, float]]:
    """Series that cross and come back, one that never does, one that begins above, one at it."""
    steps = torch.tensor([0, 16, 40, 100, 260, 700, 1800])
    crossing = torch.linspace(0, 1, len(steps)) + 0.2 * torch.rand(3, 7, generator=generator)
    crossing[:, -1] = 0.1  # what has begun may end
    at = torch.tensor([0.0, 0.1, 0.5, 0.5, 0.75, 0.9, 0.6])
    return [
        *((steps, values, 0.5) for values in crossing),
        (steps, at, 0.5),
        (steps, at, 2.0),
        (steps, at + 1, 0.5),
    ]


def _for_good(steps: Steps, values: Values, threshold: float) -> list[int]:
    above = values > threshold
    return _begun(steps, [at for at in range(len(steps)) if above[at:].all()])


def _round_the_end(steps: Steps, values: Values, threshold: float) -> list[int]:
    above = (values > threshold).nonzero().flatten().tolist()
    return [int(steps[above[0] - 1]), int(steps[above[0]])] if above else [NEVER, NEVER]


def _above(values: Values, threshold: float) -> list[int]:
    return (values > threshold).nonzero().flatten().tolist()


onset = Exercise(
    "training_dynamics.onset",
    reference=_onset,
    draw=_courses,
    hints=[
        "Go through the values in order and stop at the first that exceeds the threshold.",
        "You need its place in the list to find the snapshot before: `enumerate` counts along.",
        "At place zero there is no snapshot before, and place minus one is the last in Python. "
        "`max` with zero keeps it in the list.",
    ],
    mistakes={
        "A value at the threshold counts as beyond it: it has to exceed it.": (
            lambda steps, values, threshold: _begun(
                steps, (values >= threshold).nonzero().flatten().tolist()
            )
        ),
        "This is the last snapshot beyond the threshold: the first is asked for.": (
            lambda steps, values, threshold: _begun(steps, _above(values, threshold)[::-1])
        ),
        "Both steps are those of the snapshot beyond the threshold: the first of the two is the "
        "snapshot before.": lambda steps, values, threshold: _begun(
            steps, _above(values, threshold), before=0
        ),
        "The first of the two steps is one snapshot too early.": (
            lambda steps, values, threshold: _begun(steps, _above(values, threshold), before=2)
        ),
        "What never exceeds the threshold gives zeros: give [-1, -1].": (
            lambda steps, values, threshold: _begun(steps, _above(values, threshold), never=0)
        ),
        "These are places in the list: give the steps that stand there.": (
            lambda steps, values, threshold: _onset(torch.arange(len(steps)), values, threshold)
        ),
        "This waits until the measure stays beyond the threshold: what has begun may end.": (
            _for_good
        ),
        "Before the first snapshot comes the last here, since place -1 is the last: give the "
        "first step twice.": _round_the_end,
    },
)


def _followed(values: History, named: int, count: int) -> Float[Tensor, "step 2"]:
    """At each step the mean of the neurons that are highest at one, and that of all others."""
    return _sides(values, values[named].topk(count).indices)


def _sides(values: History, highest: Int[Tensor, " named"]) -> Float[Tensor, "step 2"]:
    rest = torch.ones(values.shape[1], dtype=torch.bool)
    rest[highest] = False
    return torch.stack([values[:, highest].mean(dim=1), values[:, rest].mean(dim=1)], dim=1)


def _histories(generator: Generator) -> list[tuple[Tensor, int, int]]:
    """Neurons that wander, named at the beginning, in the middle, at the end."""
    first, second = torch.randn(2, 8, 40, generator=generator).cumsum(dim=1)
    return [(first, 0, 5), (second, 4, 3), (first, -1, 5)]


def _named_anew(values: History, named: int, count: int) -> Float[Tensor, "step 2"]:
    return torch.cat([_followed(values[[step]], 0, count) for step in range(len(values))])


def _with_the_named(values: History, named: int, count: int) -> Float[Tensor, "step 2"]:
    highest = values[named].topk(count).indices
    return torch.stack([values[:, highest].mean(dim=1), values.mean(dim=1)], dim=1)


followed = Exercise(
    "training_dynamics.followed",
    reference=_followed,
    draw=_histories,
    hints=[
        "Which neurons are named is decided once, from one row of `values`.",
        "Sort the neurons by that row, falling: the first `count` of the order are the named, all "
        "the rest the others.",
        "Take the mean over the neurons of each side, which leaves one number a step, and stack "
        "the two as columns.",
    ],
    mistakes={
        "The neurons are named at the last step: name them at the step that is given.": (
            lambda values, named, count: _followed(values, -1, count)
        ),
        "The neurons are named anew at each step: name them once, then follow these.": _named_anew,
        "These are the lowest neurons: `argsort` rises unless it is told to fall.": (
            lambda values, named, count: _followed(-values, named, count).neg()
        ),
        "The mean of the others has the named in it: leave them out.": _with_the_named,
        "The neurons are named by their size without the sign: name the highest.": (
            lambda values, named, count: _sides(values, values[named].abs().topk(count).indices)
        ),
        "The columns are exchanged: the named come first.": (
            lambda values, named, count: _followed(values, named, count).flip(1)
        ),
        "One neuron too few is named.": (
            lambda values, named, count: _followed(values, named, count - 1)
        ),
    },
)


def _nearly_null(values: Float[Tensor, " direction"]) -> int:
    """How many singular values lie under a third of the median, but are not zero."""
    return _between(values / values.median())


def _between(relative: Float[Tensor, " direction"], low: float = ZERO, high: float = THIRD) -> int:
    return int(((relative < high) & (relative > low)).sum())


def _spectra(generator: Generator) -> list[tuple[Tensor]]:
    """With zeros and without, in both orders, on several scales; some just beside the bound."""
    loud = torch.linspace(32, 24, 20)
    few = int(torch.randint(1, 6, (), generator=generator))
    quiet = torch.cat(
        [torch.tensor([0.42, 0.36, 0.31]), 0.02 + 0.2 * torch.rand(few, generator=generator)]
    )
    zeros = torch.full((3,), 1e-6)
    median = torch.cat([loud, 0 * quiet, zeros]).median()
    closed = torch.cat([loud, (median * quiet).sort(descending=True).values, zeros])
    return [(closed,), (closed.flip(0),), (1000 * closed,), (closed / 500,), (loud,)]


nearly_null = Exercise(
    "training_dynamics.nearly_null",
    reference=_nearly_null,
    draw=_spectra,
    hints=[
        "What is small depends on the model: divide by something typical of its spectrum first.",
        "Two conditions have to hold of a value over the median: below a third, above a "
        "ten-thousandth.",
        "`&` joins two boolean tensors, each in brackets, and the sum of the result counts.",
    ],
    mistakes={
        "Singular values that are zero are counted too: leave them out.": (
            lambda values: _between(values / values.median(), low=-1.0)
        ),
        "The singular values are compared as they are: divide by their median first.": _between,
        "This is a third of the mean: take the median, which a few small values hardly move.": (
            lambda values: _between(values / values.mean())
        ),
        "This is a third of the largest: take the median.": (
            lambda values: _between(values / values.max())
        ),
        "This counts up to half of the median: take a third.": (
            lambda values: _between(values / values.median(), high=0.5)
        ),
        "These are the singular values above a third of the median: count those below.": (
            lambda values: int((values > THIRD * values.median()).sum())
        ),
    },
)
