"""Write what was measured as a page of Markdown and as one tidy file."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

COMPARISON = (
    "**The ways side by side.** Random weights. A way that was run on fewer tokens or neurons "
    "(last column) is scaled up by their number. Share of peak: the products that second order "
    "cannot do without, over all of its time, against the best rate above. That time "
    "includes exact values of strong ablations and for the check of the estimate. Fell back: "
    "neurons whose estimate was poor all the same, so that all of them was measured exactly."
)
LARGE = (
    "**A layer of a 7 B model**, extrapolated from measured pieces: one panel of neurons over one "
    "and over two pieces of tokens for second order, a few neurons and tokens for the others."
)
MEMORY = (
    "**Peak memory**, each way in a process of its own; before: the interpreter, torch, weights "
    "and activations."
)
SCANS = "**The whole of `scan`**, from tokens to the frame, without loading the model."
GROWTH = "**Growth** of the time from a middling layer."
README_TABLE = re.compile(r"(?<=<!-- benchmark -->\n).*?(?=<!-- end of benchmark -->)", re.DOTALL)


@dataclass(frozen=True)
class Results:
    """Everything that one run of the benchmark measured."""

    machine: dict[str, str]
    peak: float
    repeats: int
    comparison: pd.DataFrame
    memory: pd.DataFrame
    scans: pd.DataFrame
    growth: pd.DataFrame
    large: pd.DataFrame


def write(results: Results, folder: Path) -> list[Path]:
    """`results.md` and `results.csv` in the folder."""
    page, table = folder / "results.md", folder / "results.csv"
    page.write_text(markdown(results), encoding="utf-8")
    tidy(results).to_csv(table, index=False, float_format="%.6g")
    return [page, table]


def write_summary(comparison: pd.DataFrame, readme: Path) -> Path:
    """The main comparison in short, between the two comments of the README that stand for it.

    Raises
    ------
    ValueError
        If the comments are not there.
    """
    text = readme.read_text(encoding="utf-8")
    changed, places = README_TABLE.subn(lambda _: summary(comparison) + "\n", text)
    if places != 1:
        raise ValueError(
            f"expected one place between <!-- benchmark --> and <!-- end of benchmark --> in "
            f"{readme}, got {places}: put the two comments where the table belongs"
        )
    readme.write_text(changed, encoding="utf-8")
    return readme


def tidy(results: Results) -> pd.DataFrame:
    """One row per number: `table`, `shape`, `method`, `grown`, `quantity`, `value`."""
    names = ["comparison", "memory", "scans", "growth", "large"]
    labels = ["shape", "model", "method", "grown"]
    parts = []
    for name in names:
        frame = getattr(results, name)
        kept = [label for label in labels if label in frame]
        parts.append(frame.melt(id_vars=kept, var_name="quantity").assign(table=name))
    peak = pd.DataFrame(
        [{"table": "machine", "quantity": "matrix_multiply_peak", "value": results.peak}]
    )
    frame = pd.concat([peak, *parts], ignore_index=True).dropna(subset="value")
    return frame.reindex(columns=["table", *labels, "quantity", "value"])


def markdown(results: Results) -> str:
    """The tables, with a sentence on how each was measured."""
    machine = results.machine
    head = (
        f"Measured on {machine['date']}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['threads']} threads; torch {machine['torch']}, Python {machine['python']}; "
        f"load average {machine['load']} at the start. Medians of {results.repeats} runs. The "
        f"best rate of square float32 matrix products in the same run: "
        f"{results.peak / 1e9:.0f} billion operations a second."
    )
    parts = [
        head,
        COMPARISON,
        _comparison(results.comparison),
        LARGE,
        _large(results.large),
        MEMORY,
        _memory(results.memory),
        SCANS,
        _scans(results.scans),
        GROWTH,
        _growth(results.growth),
    ]
    return "\n\n".join(parts) + "\n"


def summary(comparison: pd.DataFrame) -> str:
    """Layer, way, time and how much faster; `comparison` needs no more columns than these."""
    rows = [
        {
            "layer (d_model · neurons · vocabulary)": row["shape"],
            "way": row["method"],
            "time for all neurons": duration(row["seconds"]),
            "times faster": f"{row['times']:,.0f}",
        }
        for row in comparison.to_dict("records")
    ]
    return table(rows)


def _comparison(frame: pd.DataFrame) -> str:
    rows = [
        {
            "layer (d_model · neurons · vocabulary)": row["shape"],
            "way": row["method"],
            "tokens": f"{int(row['all_tokens']):,}",
            "time for all neurons": duration(row["seconds"]),
            "times faster": f"{row['times']:,.0f}",
            "ns per token, neuron and entry": f"{row['nanoseconds_per_entry']:.2g}",
            "share of peak": percent(row["share_of_peak"]),
            "fell back": "" if pd.isna(row["fell_back"]) else f"{row['fell_back']:.0f} neurons",
            "run on": f"{int(row['tokens']):,} tokens, {int(row['neurons']):,} neurons",
        }
        for row in frame.to_dict("records")
    ]
    return table(rows)


def _large(frame: pd.DataFrame) -> str:
    rows = [
        {
            "layer": row["shape"],
            "way": row["method"],
            f"all neurons, {int(row['tokens']):,} tokens (extrapolated)": duration(row["seconds"]),
            "times faster": f"{row['times']:,.0f}",
        }
        for row in frame.to_dict("records")
    ]
    return table(rows)


def _memory(frame: pd.DataFrame) -> str:
    rows = [
        {
            "layer": row["shape"],
            "way": row["method"],
            "memory before": f"{row['before']:,.0f} MB",
            "peak": f"{row['peak']:,.0f} MB",
            "its own": f"{row['own']:,.0f} MB",
        }
        for row in frame.to_dict("records")
    ]
    return table(rows)


def _scans(frame: pd.DataFrame) -> str:
    rows = [
        {
            f"`scan` of `{row['model']}`, {int(row['tokens']):,} tokens": row["method"],
            "time": duration(row["seconds"]),
        }
        for row in frame.to_dict("records")
    ]
    return table(rows)


def _growth(frame: pd.DataFrame) -> str:
    factor = int(frame["factor"].iloc[0])
    growth = frame.set_index(["method", "grown"])["growth"]
    rows = [
        {f"time, with {factor} times as many": method}
        | {grown: f"{growth[method, grown]:.1f}" for grown in ("neurons", "tokens", "vocabulary")}
        for method in frame["method"].drop_duplicates()
    ]
    return table(rows)


def percent(share: float) -> str:
    """A share as a whole percentage; nothing where there is none."""
    return "" if pd.isna(share) else f"{100 * share:.0f} %"


def duration(seconds: float) -> str:
    """Three digits, in the unit that reads best."""
    for limit, unit, size in ((1.0, "ms", 1e-3), (120.0, "s", 1.0), (7200.0, "minutes", 60.0)):
        if seconds < limit:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 3600:.3g} hours"


def table(rows: list[dict[str, str]]) -> str:
    """A Markdown table with the keys of the first row as its head."""
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([row[name] for name in head] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
