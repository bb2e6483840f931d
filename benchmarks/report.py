"""Write what was measured as a page of Markdown, and in short into the README."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from confidence_neurons.engine.check import ROUNDING
from results import RUNS, Results, replace_text
from wording import count, duration, percent, table, whole_percent

COMPARISON = (
    "**The ways side by side.** Random weights of the shapes, except where real ones are named: "
    "those on the book's passages. A way that was run on fewer tokens or neurons (last column) is "
    "scaled up by their number. Share of peak: the products that second order cannot do without, "
    "over all of its time, against the best rate above. That time includes exact values of strong "
    "ablations and for the check of the estimate. Fell back: neurons whose estimate was poor all "
    "the same, so that all of them was measured exactly."
)
ACCURACY = (
    "**Second order against exact**, on real weights and the book's passages: the relative error "
    "of each neuron's mean effect over the tokens. Estimate too low: neurons whose "
    "`error_estimate` is below their error, and those where it is so by more than the rounding of "
    f"float32, {1e6 * ROUNDING:g} millionths of a nat. Measured exactly: ablations, one neuron at "
    "one token, that second order did not estimate, or estimated and then measured for the check."
)
LARGE = (
    "**A layer of a 7 B model**, extrapolated from measured pieces: one panel of neurons over one "
    "and over two pieces of tokens for second order, a few neurons and tokens for the others."
)
MEMORY = (
    "**Peak memory**, each way in a process of its own; before: the interpreter, its packages, "
    "weights and activations, and what it took to load or make them."
)
COMMAND = (
    "**The whole command**, from the start of Python to the written report: `confidence-neurons "
    "scan` with all that it loads, measures, draws and writes."
)
LOADING = (
    "**Loading**, from the start of Python to the end of a first forward pass over 64 tokens; "
    "`smollm2` from the cache."
)
SCANS = "**The whole of `scan`**, from tokens to the frame, without loading the model."
GROWTH = "**Growth** of the time from a middling layer of random weights."
README_TABLE = re.compile(r"(?<=<!-- benchmark -->\n).*?(?=<!-- end of benchmark -->)", re.DOTALL)


def write(results: Results, folder: Path) -> list[Path]:
    """`results.md` and `results.csv` in the folder."""
    page, numbers = folder / "results.md", folder / "results.csv"
    results.write(numbers)
    replace_text(page, markdown(results))
    return [page, numbers]


def write_summary(results: Results, readme: Path) -> Path:
    """The results in short, between the two comments of the README that stand for them.

    Raises
    ------
    ValueError
        If the comments are not there.
    """
    text = readme.read_text(encoding="utf-8")
    changed, places = README_TABLE.subn(lambda _: summary(results) + "\n", text)
    if places != 1:
        raise ValueError(
            f"expected one place between <!-- benchmark --> and <!-- end of benchmark --> in "
            f"{readme}, got {places}: put the two comments where the table belongs"
        )
    replace_text(readme, changed)
    return readme


def summary(results: Results) -> str:
    """Layer, way, time and how much faster; then the errors, where they were measured."""
    rows = [
        {
            "layer (d_model · neurons · vocabulary)": row["shape"],
            "way": row["method"],
            "time for all neurons": duration(row["seconds"]),
            "times faster": f"{row['times']:,.0f}",
        }
        for row in _rows(results, "comparison")
    ]
    parts = [table(rows)] if rows else []
    parts += [
        f"Error of second order on `{row['model']}`, total effect of a neuron on entropy: "
        f"{percent(row['median'])} in the median, {percent(row['percentile_95'])} at the 95th "
        f"percentile, {percent(row['worst'])} at worst ({int(row['tokens']):,} tokens)."
        for row in _rows(results, "accuracy")
        if row["effect"] == "entropy_total"
    ]
    return "\n\n".join(parts)


def markdown(results: Results) -> str:
    """The tables, with a sentence on how each was measured."""
    parts = [_head(results)]
    for name, (text, rows_of) in SECTIONS.items():
        if name in results.tables:
            parts += [text, table(rows_of(results.tables[name]))]
    return "\n\n".join(parts) + "\n"


def _head(results: Results) -> str:
    runs = results.tables[RUNS]
    machine = runs.iloc[-1]
    loads = ", ".join(f"{row['part']} {row['load']}" for row in runs.to_dict("records"))
    peaks = [f"{row['peak'] / 1e9:.0f}" for row in _rows(results, "comparison")[:1]]
    rate = "".join(
        f" The best rate of square float32 matrix products in the run of the comparison: {peak} "
        "billion operations a second."
        for peak in peaks
    )
    return (
        f"Measured on {' and '.join(sorted(set(runs['date'])))}: {machine['processor']}, "
        f"{machine['cores']} cores, {machine['threads']} threads; torch {machine['torch']}, "
        f"Python {machine['python']}. Times are medians of {machine['repeats']} runs.{rate} Load "
        f"average at the start of each part: {loads}."
    )


def _rows(results: Results, name: str) -> list[dict]:
    return results.tables[name].to_dict("records") if name in results.tables else []


def _comparison(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "layer (d_model · neurons · vocabulary)": row["shape"],
            "way": row["method"],
            "tokens": f"{int(row['all_tokens']):,}",
            "time for all neurons": duration(row["seconds"]),
            "times faster": f"{row['times']:,.0f}",
            "ns per token, neuron and entry": f"{row['nanoseconds_per_entry']:.2g}",
            "share of peak": whole_percent(row["share_of_peak"]),
            "fell back": count(row["fell_back"], "neurons"),
            "run on": f"{int(row['tokens']):,} tokens, {int(row['neurons']):,} neurons",
        }
        for row in frame.to_dict("records")
    ]


def _accuracy(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "model": row["model"],
            "tokens": f"{int(row['tokens']):,}",
            "effect": f"`{row['effect']}`",
            "median error": percent(row["median"]),
            "95th percentile": percent(row["percentile_95"]),
            "worst": percent(row["worst"]),
            "estimate too low": percent(row["understated"]),
            "by more than rounding": percent(row["beyond_rounding"]),
            "measured exactly": percent(row["exactly"]),
            "fell back": count(row["fell_back"], "neurons"),
        }
        for row in frame.to_dict("records")
    ]


def _large(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "layer": row["shape"],
            "way": row["method"],
            f"all neurons, {int(row['tokens']):,} tokens (extrapolated)": duration(row["seconds"]),
            "times faster": f"{row['times']:,.0f}",
        }
        for row in frame.to_dict("records")
    ]


def _memory(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "layer": row["shape"],
            "way": row["method"],
            "memory before": f"{row['before']:,.0f} MB",
            "peak": f"{row['peak']:,.0f} MB",
            "its own": f"{row['own']:,.0f} MB",
        }
        for row in frame.to_dict("records")
    ]


def _command(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "command": f"`confidence-neurons scan {row['model']} --tokens {int(row['tokens'])}`",
            "time": duration(row["seconds"]),
            "peak memory": f"{row['peak']:,.0f} MB",
        }
        for row in frame.to_dict("records")
    ]


def _loading(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {"call": f'`{row["method"]}("{row["model"]}")`', "time": duration(row["seconds"])}
        for row in frame.to_dict("records")
    ]


def _scans(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            f"`scan` of `{row['model']}`, {int(row['tokens']):,} tokens": row["method"],
            "time": duration(row["seconds"]),
        }
        for row in frame.to_dict("records")
    ]


def _growth(frame: pd.DataFrame) -> list[dict[str, str]]:
    factor = int(frame["factor"].iloc[0])
    growth = frame.set_index(["method", "grown"])["growth"]
    return [
        {f"time, with {factor} times as many": method}
        | {grown: f"{growth[method, grown]:.1f}" for grown in ("neurons", "tokens", "vocabulary")}
        for method in frame["method"].drop_duplicates()
    ]


SECTIONS: dict[str, tuple[str, Callable[[pd.DataFrame], list[dict[str, str]]]]] = {
    "comparison": (COMPARISON, _comparison),
    "accuracy": (ACCURACY, _accuracy),
    "large": (LARGE, _large),
    "memory": (MEMORY, _memory),
    "command": (COMMAND, _command),
    "loading": (LOADING, _loading),
    "scans": (SCANS, _scans),
    "growth": (GROWTH, _growth),
}
