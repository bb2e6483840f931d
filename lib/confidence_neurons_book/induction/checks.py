"""The exercises: what is right, inputs that wrong answers fail on, mistakes, hints."""

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from confidence_neurons.exercises import Exercise
from confidence_neurons.measure.interventions import held
from confidence_neurons_book.induction.conflicts import break_even as share_that_balances

PERIODS = (6, 9, 4)

Pattern = Float[Tensor, "row query key"]


def _induction_score(pattern: Pattern, period: int) -> Tensor:
    return _looking(pattern, _second_copy(period), period - 1).mean()


def _second_copy(period: int) -> Tensor:
    return torch.arange(period + 1, 2 * period + 1)


def _looking(pattern: Pattern, queries: Tensor, back: int) -> Float[Tensor, "row chosen"]:
    """How much each of some queries attends to the place so far back."""
    return pattern[:, queries, queries - back]


def _patterns(generator: Generator) -> list[tuple[Tensor, int]]:
    """Attention that sums to one and looks back only, for several periods."""
    found = []
    for period in PERIODS:
        length = 2 * period + 1
        scores = 2 * torch.randn(2, length, length, generator=generator)
        later = torch.ones(length, length).triu(1).bool()
        found.append((scores.masked_fill(later, -torch.inf).softmax(dim=-1), period))
    return found


def _all_pairs(pattern: Pattern, period: int) -> Tensor:
    queries = _second_copy(period)
    return pattern[:, queries][:, :, queries - (period - 1)].mean()


induction_score = Exercise(
    "induction.induction_score",
    reference=_induction_score,
    draw=_patterns,
    hints=[
        "Write down a passage of three tokens twice, BOS in front, and number the positions from "
        "0. Where does the second copy begin and end?",
        "Choose one query of the second copy. The same token stands a period before it; the key "
        "you want is what came after that one.",
        "Make two index tensors of one length, the queries and their keys, and index `pattern` "
        "with both at once: that pairs them.",
    ],
    mistakes={
        "The keys are those of the same token in the first copy: an induction head looks at what "
        "followed it, one place further on.": lambda p, period: _looking(
            p, _second_copy(period), period
        ).mean(),
        "The keys are one too far on: what followed the same token stands a period less one "
        "before the query.": lambda p, period: _looking(p, _second_copy(period), period - 2).mean(),
        "This is attention to the token before the query, which marks a previous-token head: look "
        "back a period less one.": lambda p, period: _looking(p, _second_copy(period), 1).mean(),
        "Position 0 is BOS, so that the second copy begins one later: your queries begin with the "
        "end of the first copy, and miss the end of the second.": lambda p, period: _looking(
            p, _second_copy(period) - 1, period - 1
        ).mean(),
        "The last token of the first copy is among your queries: begin one later.": (
            lambda p, period: _looking(p, torch.arange(period, 2 * period + 1), period - 1).mean()
        ),
        "The last query is missing: the end of the second copy looks back too.": (
            lambda p, period: _looking(p, _second_copy(period)[:-1], period - 1).mean()
        ),
        "This is the mean over all pairs of a query and a key: pair each query with its own key, "
        "by indexing with both at once.": _all_pairs,
        "Queries and keys are exchanged, so that early tokens look at later ones, which they "
        "cannot: the query is the second axis, the key the third.": lambda p, period: _looking(
            p.mT, _second_copy(period), period - 1
        ).mean(),
        "The attention is added up over the queries: take the mean.": lambda p, period: (
            _looking(p, _second_copy(period), period - 1).sum(dim=1).mean()
        ),
    },
)

Activations = Float[Tensor, "position neuron"]
Means = Float[Tensor, " neuron"]
Rises = Bool[Tensor, " neuron"]
Writes = Float[Tensor, "neuron d_model"]


def _clip(activations: Activations, mean: Means, rises: Rises, w_out: Writes) -> Tensor:
    """What clip ablation adds to the residual stream, as `ablate` works it out."""
    return (held(activations, mean, rises) - activations) @ w_out


def _writes(generator: Generator) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Activations on both sides of their means; neurons that rise, that fall, and both."""
    found = []
    for rises in ([True, False, True], [False, False, False], [True, True, True]):
        activations = 3 * torch.randn(8, 3, generator=generator)
        mean = torch.randn(3, generator=generator) - 1
        w_out = torch.randn(3, 5, generator=generator)
        found.append((activations, mean, torch.tensor(rises), w_out))
    return found


clip = Exercise(
    "induction.clip",
    reference=_clip,
    draw=_writes,
    hints=[
        "First the activations after the clip: for a neuron that rises, nothing above its mean is "
        "left. And for one that falls?",
        "Work out both, the lower and the higher of activation and mean, and choose between them "
        "neuron by neuron: `torch.where` takes a mask.",
        "What is added to the stream is the change of the activations, position by position, times "
        "what each neuron writes.",
    ],
    mistakes={
        "This sets each activation to its mean, which is mean ablation: a clip leaves alone what "
        "is on the near side of the mean.": lambda a, mean, rises, w_out: (mean - a) @ w_out,
        "Rising and falling are exchanged: of a neuron that rises, cut what is above the mean.": (
            lambda a, mean, rises, w_out: _clip(a, mean, ~rises, w_out)
        ),
        "All neurons are clipped from above: those that fall have to be clipped from below.": (
            lambda a, mean, rises, w_out: _clip(a, mean, torch.ones_like(rises), w_out)
        ),
        "This is what the clip takes away: what it adds is the activation after it less the one "
        "before.": lambda a, mean, rises, w_out: -_clip(a, mean, rises, w_out),
        "This is all that the clipped neurons write: take off what they wrote before.": (
            lambda a, mean, rises, w_out: held(a, mean, rises) @ w_out
        ),
        "The clip is at zero: it belongs at the mean, which is below or above.": (
            lambda a, mean, rises, w_out: _clip(a, 0 * mean, rises, w_out)
        ),
        "The clip is at the mean of these activations: take the mean that is given, which was "
        "measured on the first copy.": lambda a, mean, rises, w_out: _clip(
            a, a.mean(dim=0), rises, w_out
        ),
        "The same is added at each position, as when a response is taken back: a clip depends on "
        "the activation at the position.": lambda a, mean, rises, w_out: (
            (mean - a.mean(dim=0)) @ w_out
        ).expand(len(a), -1),
    },
)

Readings = Float[Tensor, "row position neuron"]


def _response(activations: Readings, period: int) -> Tensor:
    return _between(activations, slice(1, period + 1), slice(period + 1, 2 * period))


def _between(activations: Readings, first: slice, second: slice) -> Float[Tensor, " neuron"]:
    return activations[:, second].mean(dim=(0, 1)) - activations[:, first].mean(dim=(0, 1))


def _sums(activations: Readings, period: int) -> Float[Tensor, " neuron"]:
    copies = activations[:, 1 : period + 1], activations[:, period + 1 : 2 * period]
    first, second = (copy.sum(dim=1).mean(dim=0) for copy in copies)
    return second - first


def _readings(generator: Generator) -> list[tuple[Tensor, int]]:
    """Activations of BOS and two copies, for several periods."""
    return [
        (5 * torch.randn(3, 2 * period + 1, 4, generator=generator), period) for period in PERIODS
    ]


response = Exercise(
    "induction.response",
    reference=_response,
    draw=_readings,
    hints=[
        "Two means and a difference. Number the positions from 0, BOS, and write down where each "
        "copy begins and ends.",
        "The first copy has `period` positions that count, the second one fewer: its last has no "
        "next token.",
        "Cut the two copies out along the second axis, and take the mean over rows and positions "
        "at once: `dim` takes several axes.",
    ],
    mistakes={
        "This is the first copy less the second: a neuron that rises has a positive response.": (
            lambda a, period: -_response(a, period)
        ),
        "BOS is in the first copy: begin at position 1.": lambda a, period: _between(
            a, slice(0, period + 1), slice(period + 1, 2 * period)
        ),
        "The last position is in the second copy, though no token comes after it: end one "
        "earlier.": lambda a, period: _between(a, slice(1, period + 1), slice(period + 1, None)),
        "The last position of the first copy is missing: the second copy comes after it, so it "
        "counts.": lambda a, period: _between(a, slice(1, period), slice(period + 1, 2 * period)),
        "Both copies begin one too early: position 0 is BOS.": lambda a, period: _between(
            a, slice(0, period), slice(period, 2 * period)
        ),
        "These are sums over the positions, and the copies differ in length: take means.": _sums,
        "Only the first row counts here: take the mean over the rows too.": (
            lambda a, period: _response(a[:1], period)
        ),
        "The sign is lost: a response says whether a neuron rises or falls.": (
            lambda a, period: _response(a, period).abs()
        ),
    },
)


def _costs(generator: Generator) -> list[tuple[float, float]]:
    """Costs and savings, either the larger, of very different size."""
    less, more = (
        (0.1 * torch.rand(4, generator=generator, dtype=torch.float64) + low).tolist()
        for low in (0.01, 0.3)
    )
    return [(less[0], more[0]), (more[1], less[1]), (10 * less[2], 5 * more[2]), (1.0, more[3])]


break_even = Exercise(
    "induction.break_even",
    reference=share_that_balances,
    draw=_costs,
    hints=[
        "Call the share of failing copies q. How often is the cost paid, how often is the saving "
        "made?",
        "At the balance, what is lost on the copies that hold is what is saved on those that fail: "
        "write it as an equation in q.",
        "Collect q on one side. A check: if both are alike, half of the copies have to fail.",
    ],
    mistakes={
        "This is the ratio of failing copies to those that hold, as if the cost were paid on every "
        "copy: it is paid on those that hold alone.": lambda cost, saved: cost / saved,
        "This is the share of copies that hold: the share that fail is asked for.": (
            lambda cost, saved: saved / (cost + saved)
        ),
        "A sign is wrong in your equation: cost and saving are both given as positive numbers, and "
        "balance where they are equal.": lambda cost, saved: cost / (cost - saved),
        "This is a difference, in nats: a share has no unit. Find the q at which the mean gain is "
        "zero.": lambda cost, saved: saved - cost,
        "This is what a share of one half gains: find the share at which the gain is zero.": (
            lambda cost, saved: (saved - cost) / 2
        ),
    },
)
