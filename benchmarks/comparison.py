"""The main comparison: all neurons of a layer, the three ways in turn, in one run."""

from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from machine import median_seconds
from methods import METHODS, second_order_operations
from shapes import GPT2_SMALL, PROSE, Problem, Shape, random_problem


@dataclass(frozen=True)
class Case:
    """A layer to measure, and how much of it each way is given.

    Attributes
    ----------
    tokens:
        Tokens that the results are for; second order is given all of them.
    exact_tokens:
        Tokens that exact is given, with all neurons.
    plain_tokens, plain_neurons:
        What the straightforward way is given.
    """

    shape: Shape
    tokens: int
    exact_tokens: int
    plain_tokens: int
    plain_neurons: int

    def parts(self) -> dict[str, Problem]:
        """The part of the problem that each way is given."""
        whole = random_problem(self.shape, self.tokens)
        return {
            "straightforward": whole.part(self.plain_tokens, self.plain_neurons),
            "exact": whole.part(self.exact_tokens, self.shape.d_mlp),
            "second-order": whole,
        }


CASES = (
    Case(PROSE, tokens=4096, exact_tokens=4096, plain_tokens=4096, plain_neurons=8),
    Case(GPT2_SMALL, tokens=4096, exact_tokens=128, plain_tokens=256, plain_neurons=4),
)

GROWTH_BASE = Case(Shape("base", 256, 512, 8192), 256, 256, 256, 16)


def compare(case: Case, repeats: int) -> pd.DataFrame:
    """A row for each way: measured seconds, and what they make for the whole layer.

    Returns
    -------
    `shape`, `method`, `tokens`, `neurons` (what was run), `run_seconds`
    (median), `seconds` (scaled to all tokens and neurons by their number),
    `nanoseconds_per_entry` (a pair of token and neuron, and a vocabulary
    entry), `times` (how much faster than the straightforward way), `fell_back`
    (neurons that second order measured exactly after all).
    """
    parts = case.parts()
    found: dict[str, pd.DataFrame] = {}

    def run(name: str) -> None:
        found[name] = METHODS[name](parts[name])

    measured = median_seconds({name: partial(run, name) for name in METHODS}, repeats)
    pairs = case.tokens * case.shape.d_mlp
    frame = pd.DataFrame(
        {
            "shape": str(case.shape),
            "method": list(METHODS),
            "tokens": [len(parts[name].target) for name in METHODS],
            "neurons": [len(parts[name].w_out) for name in METHODS],
            "run_seconds": [measured[name] for name in METHODS],
            "seconds": [measured[name] * pairs / parts[name].pairs for name in METHODS],
        }
    )
    frame["fell_back"] = [float("nan")] * 2 + [(found["second-order"]["method"] == "exact").sum()]
    frame["nanoseconds_per_entry"] = 1e9 * frame["seconds"] / (pairs * case.shape.d_vocab)
    return frame.assign(times=frame["seconds"].iloc[0] / frame["seconds"])


def share_of_peak(case: Case, seconds: float, peak: float) -> float:
    """Share of the matrix-multiply peak that second order reaches, all its time counted."""
    return second_order_operations(case.shape, case.tokens, case.shape.d_mlp) / seconds / peak


def growth(base: Case, factor: int, repeats: int) -> pd.DataFrame:
    """How the time grows when neurons, tokens or the vocabulary do.

    Every way is given all tokens; the straightforward one `base.plain_neurons`
    neurons, each of which costs it the same.

    Returns
    -------
    `grown` (what was multiplied by `factor`), `method`, `seconds` for all
    tokens and neurons, `growth` (seconds over those of the base).
    """
    shape = base.shape
    more_neurons = replace(shape, d_mlp=factor * shape.d_mlp)
    more_entries = replace(shape, d_vocab=factor * shape.d_vocab)
    variants = {
        "nothing": shape,
        "neurons": more_neurons,
        "tokens": shape,
        "vocabulary": more_entries,
    }
    frames = []
    for grown, variant in variants.items():
        tokens = base.tokens * (factor if grown == "tokens" else 1)
        case = Case(variant, tokens, tokens, tokens, base.plain_neurons)
        frames.append(compare(case, repeats).assign(grown=grown))
    base_seconds = dict(zip(frames[0]["method"], frames[0]["seconds"], strict=True))
    frame = pd.concat(frames, ignore_index=True)
    frame["growth"] = [
        seconds / base_seconds[method]
        for method, seconds in zip(frame["method"], frame["seconds"], strict=True)
    ]
    return frame.reindex(columns=["grown", "method", "seconds", "growth"])
