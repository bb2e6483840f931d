"""What one run of the benchmark measures."""

from dataclasses import dataclass, field

import pandas as pd

import machine
from comparison import CASES, GROWTH_BASE, Case, compare, growth, share_of_peak
from large_layer import Parts, large_layer
from peaks import peaks
from report import Results
from scans import scan_times
from shapes import GPT2_SMALL, SEVEN_BILLION, Shape


@dataclass(frozen=True)
class Settings:
    """What to measure, and how often."""

    repeats: int = 3
    cases: tuple[Case, ...] = CASES
    growth_base: Case = GROWTH_BASE
    growth_factor: int = 4
    large: Shape = SEVEN_BILLION
    large_tokens: int = 4096
    large_parts: Parts = field(default_factory=Parts)
    memory_shape: Shape = GPT2_SMALL
    memory_tokens: int = 4096
    scan_rows: int = 16
    scan_length: int = 256
    squares: tuple[int, ...] = machine.SQUARES


def measure(settings: Settings) -> Results:
    """Run everything, one after the other."""
    described = machine.description()
    peak = machine.matrix_multiply_peak(sizes=settings.squares)
    frames = []
    for case in settings.cases:
        frame = compare(case, settings.repeats).assign(share_of_peak=float("nan"))
        last = frame["method"] == "second-order"
        share = share_of_peak(case, frame.loc[last, "seconds"].item(), peak)
        frame.loc[last, "share_of_peak"] = share
        frames.append(frame.assign(all_tokens=case.tokens))
        print(frame.to_string(index=False), flush=True)
    return Results(
        machine=described,
        peak=peak,
        repeats=settings.repeats,
        comparison=pd.concat(frames, ignore_index=True),
        memory=peaks(settings.memory_shape, settings.memory_tokens).assign(
            shape=str(settings.memory_shape)
        ),
        scans=scan_times("prose", settings.scan_rows, settings.scan_length, settings.repeats),
        growth=growth(settings.growth_base, settings.growth_factor, settings.repeats).assign(
            factor=settings.growth_factor
        ),
        large=large_layer(
            settings.large, settings.large_tokens, settings.repeats, settings.large_parts
        ).assign(tokens=settings.large_tokens),
    )
