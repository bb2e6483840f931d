"""The exercises: what is right, inputs that wrong answers fail on, mistakes, hints."""

import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

import confidence_neurons as cn
from confidence_neurons.exercises import Exercise

Measure = Float[Tensor, " neuron"]
Mask = Bool[Tensor, " neuron"]
Pairs = Bool[Tensor, "neuron rival"]


def _front(norm: Measure, logit_var: Measure) -> Mask:
    """The front that the library finds."""
    plane = {"weight_norm": norm.numpy(), "logit_var": logit_var.numpy()}
    front = cn.pareto_front(pd.DataFrame({"neuron": range(len(norm)), **plane}))
    return torch.isin(torch.arange(len(norm)), torch.tensor(front["neuron"].to_numpy()))


def _planes(generator: Generator) -> list[tuple[Tensor, Tensor]]:
    """Without ties, with many, and twins that nobody beats."""
    free = torch.rand(2, 30, generator=generator)
    tied = torch.randint(5, (2, 25), generator=generator) / 4 + 1
    twins = torch.tensor([1.0, 2.0, 2.0, 3.0]), torch.tensor([0.1, 0.3, 0.3, 0.3])
    pair = torch.tensor([1.0, 1.0, 0.5]), torch.tensor([0.2, 0.2, 0.3])
    return [(free[0], free[1]), (tied[0], tied[1]), twins, pair]


def _as_good(norm: Measure, logit_var: Measure) -> Pairs:
    return (norm >= norm[:, None]) & (logit_var <= logit_var[:, None])


def _better(norm: Measure, logit_var: Measure) -> Pairs:
    return (norm > norm[:, None]) | (logit_var < logit_var[:, None])


def _not_beaten_in_both(norm: Measure, logit_var: Measure) -> Mask:
    beaten = (norm > norm[:, None]) & (logit_var < logit_var[:, None])
    return ~beaten.any(dim=1)


def _twins_beat_each_other(norm: Measure, logit_var: Measure) -> Mask:
    others = ~torch.eye(len(norm), dtype=torch.bool)
    return ~(_as_good(norm, logit_var) & others).any(dim=1)


def _unbeaten(norm: Measure, logit_var: Measure, rivals: int = 1) -> Mask:
    return ~(_as_good(norm, logit_var) & _better(norm, logit_var)).any(dim=rivals)


front = Exercise(
    "across_models.front",
    reference=_front,
    draw=_planes,
    hints=[
        "Write down for one neuron when a rival beats it: two conditions, joined by *and*.",
        "`norm[:, None]` is a column: compared with `norm` it gives a table, a row for each neuron "
        "and a column for each rival.",
        "As good at both, and better at one of the two: a neuron is on the front if no entry of "
        "its row is true.",
    ],
    mistakes={
        "Here a rival has to be better at both: as good at one, better at the other is enough.": (
            _not_beaten_in_both
        ),
        "Each neuron beats itself here, since it is as good as itself: whoever beats it has to be "
        "better at one.": lambda norm, logit_var: ~_as_good(norm, logit_var).any(dim=1),
        "Twins beat each other here: neither is better at anything, so both stay.": (
            _twins_beat_each_other
        ),
        "These are the neurons that beat nobody: look along the other axis.": (
            lambda norm, logit_var: _unbeaten(norm, logit_var, rivals=0)
        ),
        "A high LogitVar counts as good here: low is good.": (
            lambda norm, logit_var: _unbeaten(norm, -logit_var)
        ),
        "A low norm counts as good here: high is good.": (
            lambda norm, logit_var: _unbeaten(-norm, logit_var)
        ),
        "These are the neurons that are beaten: the front is the others.": (
            lambda norm, logit_var: ~_unbeaten(norm, logit_var)
        ),
        "Here being better at one thing is enough to beat a neuron: the rival has to be as good at "
        "the other.": lambda norm, logit_var: ~_better(norm, logit_var).any(dim=1),
    },
)


def _named(generator: Generator) -> list[tuple[int, int, int]]:
    """How many neurons two ways name, and of how many."""
    drawn = torch.randint(3, 20, (3, 2), generator=generator).tolist()
    return [(a, a + b, n) for (a, b), n in zip(drawn, (512, 1536, 3072), strict=True)]


def _overlap(a: int, b: int, n: int) -> float:
    return a * b / n


overlap = Exercise(
    "across_models.overlap",
    reference=_overlap,
    draw=_named,
    hints=[
        "Take one neuron that the first way names. How likely is it that the second names it too?",
        "The second way draws `b` of `n`, each neuron as likely as any other.",
        "The mean number of neurons is the sum of these probabilities over all that the first way "
        "names.",
    ],
    mistakes={
        "This is the probability that both name one given neuron: add it up over all neurons.": (
            lambda a, b, n: a * b / n**2
        ),
        "This is the probability that the second way names one given neuron: the first names "
        "several.": lambda a, b, n: b / n,
        "This is the share of neurons that either way names, twins counted twice: those that both "
        "name are asked for.": lambda a, b, n: (a + b) / n,
        "This is the most that they can share: the mean over draws is much less.": (
            lambda a, b, n: min(a, b)
        ),
        "A neuron that the first way names is still there for the second: divide by all of them.": (
            lambda a, b, n: a * b / (n - a)
        ),
        "This is the number that either way names, less those that both do.": (
            lambda a, b, n: a + b - a * b / n
        ),
    },
    tolerance=1e-6,
)


def _shared(generator: Generator) -> list[tuple[int, int, int]]:
    """How many neurons two ways name, and how many both do."""
    drawn = torch.randint(1, 12, (3, 3), generator=generator).tolist()
    return [(both + a, both + a + b, both) for a, b, both in drawn]


def _jaccard(a: int, b: int, shared: int) -> float:
    return shared / (a + b - shared)


jaccard = Exercise(
    "across_models.jaccard",
    reference=_jaccard,
    draw=_shared,
    hints=[
        "The index is the size of the intersection over the size of the union.",
        "How many different neurons are in two lists of which some stand in both?",
        "The sum of the two lengths counts the shared neurons twice: take them off once.",
    ],
    mistakes={
        "The shared neurons are counted twice below the line: take them off once.": (
            lambda a, b, shared: shared / (a + b)
        ),
        "This is Dice's coefficient, the share of the mean length: Jaccard divides by the union.": (
            lambda a, b, shared: 2 * shared / (a + b)
        ),
        "This divides by the shorter list: divide by the union.": (
            lambda a, b, shared: shared / min(a, b)
        ),
        "This divides by the longer list: divide by the union.": (
            lambda a, b, shared: shared / max(a, b)
        ),
        "This is upside down: an index of one means that the lists are equal.": (
            lambda a, b, shared: (a + b - shared) / shared
        ),
        "The shared neurons are taken off twice below the line: they belong to the union.": (
            lambda a, b, shared: shared / (a + b - 2 * shared)
        ),
    },
    tolerance=1e-6,
)
