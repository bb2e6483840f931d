"""The main comparison: all neurons of a layer, the three ways in turn, in one run."""

from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from machine import median_seconds
from methods import METHODS, second_order_operations
from shapes import GPT2_SMALL, PROSE, Layer, Problem, Shape, problem_of


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

    layer: Layer
    tokens: int
    exact_tokens: int
    plain_tokens: int
    plain_neurons: int

    def parts(self) -> dict[str, Problem]:
        """The part of the problem that each way is given."""
        whole = problem_of(self.layer, self.tokens)
        return {
            "straightforward": whole.part(self.plain_tokens, self.plain_neurons),
            "exact": whole.part(self.exact_tokens, whole.shape.d_mlp),
            "second-order": whole,
        }


CASES = (
    Case(PROSE, tokens=4096, exact_tokens=4096, plain_tokens=4096, plain_neurons=8),
    Case(GPT2_SMALL, tokens=4096, exact_tokens=128, plain_tokens=256, plain_neurons=4),
    Case("smollm2", tokens=4096, exact_tokens=128, plain_tokens=256, plain_neurons=4),
)

GROWTH_BASE = Shape("base", 256, 512, 8192)


def compare(case: Case, repeats: int) -> pd.DataFrame:
    """A row for each way: measured seconds, and what they make for the whole layer.

    Returns
    -------
    `shape`, `method`, `all_tokens` (what the results are for), `tokens`,
    `neurons` (what was run), `run_seconds` (median), `seconds` (scaled to all
    tokens and neurons by their number), `nanoseconds_per_entry` (a pair of
    token and neuron, and a vocabulary entry), `times` (how much faster than the
    straightforward way); of second order alone `operations` (see
    `second_order_operations`) and `fell_back` (neurons that it measured exactly
    after all).
    """
    parts = case.parts()
    whole = parts["second-order"]
    found: dict[str, pd.DataFrame] = {}

    def run(name: str) -> None:
        found[name] = METHODS[name](parts[name])

    measured = median_seconds({name: partial(run, name) for name in METHODS}, repeats)
    frame = pd.DataFrame(
        {
            "shape": str(whole.shape),
            "method": list(METHODS),
            "all_tokens": case.tokens,
            "tokens": [len(parts[name].sources.target) for name in METHODS],
            "neurons": [len(parts[name].sources.w_out) for name in METHODS],
            "run_seconds": [measured[name] for name in METHODS],
            "seconds": [measured[name] * whole.pairs / parts[name].pairs for name in METHODS],
        }
    )
    last = frame["method"] == "second-order"
    frame.loc[last, "operations"] = second_order_operations(whole)
    frame.loc[last, "fell_back"] = float((found["second-order"]["method"] == "exact").sum())
    frame["nanoseconds_per_entry"] = 1e9 * frame["seconds"] / (whole.pairs * whole.shape.d_vocab)
    return frame.assign(times=frame["seconds"].iloc[0] / frame["seconds"])


def comparison(cases: tuple[Case, ...], repeats: int, peak: float) -> pd.DataFrame:
    """The rows of `compare` for every case.

    Further `share_of_peak`, what second order reaches of the rate `peak`, all
    of its time counted, and `peak` itself, in operations a second.
    """
    frames = []
    for case in cases:
        frame = compare(case, repeats)
        frames.append(frame.assign(share_of_peak=frame["operations"] / frame["seconds"] / peak))
        print(frames[-1].to_string(index=False), flush=True)
    return pd.concat(frames, ignore_index=True).assign(peak=peak)


def growth(
    shape: Shape, tokens: int, plain_neurons: int, factor: int, repeats: int
) -> pd.DataFrame:
    """How the time grows when neurons, tokens or the vocabulary do.

    Every way is given all tokens; the straightforward one `plain_neurons`
    neurons, each of which costs it the same.

    Returns
    -------
    `grown` (what was multiplied by `factor`), `method`, `seconds` for all
    tokens and neurons, `growth` (seconds over those of the base), `factor`.
    """
    variants = {
        "nothing": (shape, tokens),
        "neurons": (replace(shape, d_mlp=factor * shape.d_mlp), tokens),
        "tokens": (shape, factor * tokens),
        "vocabulary": (replace(shape, d_vocab=factor * shape.d_vocab), tokens),
    }
    frames = []
    for grown, (variant, count) in variants.items():
        case = Case(variant, count, count, count, plain_neurons)
        frames.append(compare(case, repeats).assign(grown=grown))
    base_seconds = dict(zip(frames[0]["method"], frames[0]["seconds"], strict=True))
    frame = pd.concat(frames, ignore_index=True)
    frame["growth"] = [
        seconds / base_seconds[method]
        for method, seconds in zip(frame["method"], frame["seconds"], strict=True)
    ]
    return frame.reindex(columns=["grown", "method", "seconds", "growth"]).assign(factor=factor)
