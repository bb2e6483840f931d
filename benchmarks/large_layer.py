"""A layer of a 7 B model, extrapolated from pieces that were measured.

Both ways walk through panels of neurons, and for each panel through the
tokens. With R the time to make the readings of a panel, and C the time for one
piece of tokens against one panel, this takes

    panels (R + pieces C).

Runs over one and over two pieces of tokens, with one panel, give both. The
exact way is run with few neurons, so that what it does once for each token
weighs more than it would: its time comes out rather too long.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from confidence_neurons.engine.check import ErrorCheck
from confidence_neurons.engine.memory import DEFAULT_BUDGET, Plan
from confidence_neurons.engine.pieces import Piece, exact_pieces, second_order_pieces
from machine import median_seconds
from shapes import Shape, random_problem
from straightforward import straightforward_effects


@dataclass(frozen=True)
class Parts:
    """Tokens and neurons that the ways are run on; second order takes its plan's."""

    exact_tokens: int = 32
    exact_neurons: int = 128
    plain_tokens: int = 128
    plain_neurons: int = 2


def large_layer(shape: Shape, tokens: int, repeats: int, parts: Parts) -> pd.DataFrame:
    """Seconds for all neurons at `tokens` tokens, a row for each way.

    Returns
    -------
    `shape`, `tokens`, `method`, `seconds`, `times` (how much faster than the
    straightforward way).
    """
    plan = Plan.within(DEFAULT_BUDGET, shape.d_vocab, shape.d_mlp)
    whole = random_problem(shape, 2 * plan.tokens, plan.neurons)
    _ = whole.readout.mean  # worked out once and kept: not a part of any piece
    plain = whole.part(parts.plain_tokens, parts.plain_neurons)
    few_plan = Plan(parts.exact_neurons, parts.exact_tokens)

    def exact(pieces: int) -> None:
        few = whole.part(pieces * parts.exact_tokens, parts.exact_neurons)
        _walk(exact_pieces(few.readout, few.sources, few_plan))

    def second_order(pieces: int) -> None:
        some = whole.part(pieces * plan.tokens, plan.neurons)
        check = ErrorCheck(plan.neurons)
        _walk(second_order_pieces(some.readout, some.sources, plan, check))

    seconds = median_seconds(
        {
            "straightforward": lambda: straightforward_effects(plain),
            "exact, one piece": lambda: exact(1),
            "exact, two pieces": lambda: exact(2),
            "second order, one piece": lambda: second_order(1),
            "second order, two pieces": lambda: second_order(2),
        },
        repeats,
    )
    return extrapolated(seconds, shape, tokens, plan, parts)


def extrapolated(
    seconds: dict[str, float], shape: Shape, tokens: int, plan: Plan, parts: Parts
) -> pd.DataFrame:
    """From the measured pieces to the whole layer; the same columns as `large_layer`."""
    piece = seconds["second order, two pieces"] - seconds["second order, one piece"]
    panels = math.ceil(shape.d_mlp / plan.neurons)
    readings = panels * (seconds["second order, one piece"] - piece)
    exact_piece = seconds["exact, two pieces"] - seconds["exact, one piece"]
    exact_pair = exact_piece / (parts.exact_tokens * parts.exact_neurons)
    plain_pair = seconds["straightforward"] / (parts.plain_tokens * parts.plain_neurons)
    pairs = tokens * shape.d_mlp
    frame = pd.DataFrame(
        {
            "shape": str(shape),
            "tokens": tokens,
            "method": ["straightforward", "exact", "second-order"],
            "seconds": [
                pairs * plain_pair,
                readings + pairs * exact_pair,
                readings + panels * piece * tokens / plan.tokens,
            ],
        }
    )
    return frame.assign(times=frame["seconds"].iloc[0] / frame["seconds"])


def _walk(pieces: Iterable[Piece]) -> None:
    for _ in pieces:
        pass
