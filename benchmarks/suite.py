"""The parts of the benchmark, each of which can be measured by itself."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pandas as pd

import machine
from accuracy import TRIALS, Trial, accuracy
from comparison import CASES, GROWTH_BASE, Case, comparison, growth
from large_layer import Parts, large_layer
from processes import LOADS, command, loading, memory
from results import RUNS, Results
from scans import scan_times
from shapes import GPT2_SMALL, SEVEN_BILLION, Layer, Shape


@dataclass(frozen=True)
class Settings:
    """What to measure, and how often."""

    repeats: int = 3
    cases: tuple[Case, ...] = CASES
    trials: tuple[Trial, ...] = TRIALS
    large: Shape = SEVEN_BILLION
    large_tokens: int = 4096
    large_parts: Parts = field(default_factory=Parts)
    memory_layers: tuple[Layer, ...] = (GPT2_SMALL, "smollm2")
    memory_tokens: int = 4096
    command_model: str = "smollm2"
    command_tokens: int = 4096
    loads: tuple[tuple[str, str], ...] = LOADS
    scan_rows: int = 16
    scan_length: int = 256
    growth_base: Shape = GROWTH_BASE
    growth_tokens: int = 256
    growth_plain_neurons: int = 16
    growth_factor: int = 4
    squares: tuple[int, ...] = machine.SQUARES


def _comparison(settings: Settings) -> pd.DataFrame:
    peak = machine.matrix_multiply_peak(sizes=settings.squares)
    return comparison(settings.cases, settings.repeats, peak)


PARTS: dict[str, Callable[[Settings], pd.DataFrame]] = {
    "comparison": _comparison,
    "accuracy": lambda s: accuracy(s.trials),
    "large": lambda s: large_layer(s.large, s.large_tokens, s.repeats, s.large_parts),
    "memory": lambda s: memory(s.memory_layers, s.memory_tokens),
    "command": lambda s: command(s.command_model, s.command_tokens),
    "loading": lambda s: loading(s.loads, s.repeats),
    "scans": lambda s: scan_times("prose", s.scan_rows, s.scan_length, s.repeats),
    "growth": lambda s: growth(
        s.growth_base, s.growth_tokens, s.growth_plain_neurons, s.growth_factor, s.repeats
    ),
}


def measure(settings: Settings, parts: Iterable[str] = tuple(PARTS)) -> Results:
    """Run some parts, one after the other."""
    tables: dict[str, pd.DataFrame] = {}
    runs = []
    for part in parts:
        described, start = machine.description(), time.perf_counter()
        tables[part] = PARTS[part](settings)
        took = time.perf_counter() - start
        runs.append({"part": part, **described, "repeats": settings.repeats, "took": took})
        print(f"{part}: {took:.0f} s", flush=True)
    return Results({RUNS: pd.DataFrame(runs), **tables})
