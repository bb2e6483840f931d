"""The estimate against the benchmark: its operations, its rates, its times."""

from pathlib import Path

import pandas as pd
import pytest

import confidence_neurons as cn
from confidence_neurons.engine.memory import DEFAULT_BUDGET
from confidence_neurons_book.across_models.cost import (
    RATE,
    Sizes,
    command_seconds,
    forward_operations,
    memory_bytes,
    scan_operations,
)
from confidence_neurons_book.across_models.paper_models import LLAMA_2_7B, SMALL

RESULTS = Path(__file__).parents[3] / "benchmarks" / "results.csv"
PROSE = Sizes(857_216, 128, 512, 2048, tied=False, itemsize=4)
MEASURED = {"prose (": PROSE, "GPT-2 Small": SMALL, "7 B": LLAMA_2_7B}
BENCHMARK_TOKENS = 4096
FACTOR = 2.5


def rates() -> list[float]:
    frame = pd.read_csv(RESULTS)
    rows = frame[(frame["method"] == "second-order") & (frame["quantity"] == "seconds")]
    rows = rows[rows["table"].isin(["comparison", "large"])]
    return [
        scan_operations(sizes, BENCHMARK_TOKENS)
        / float(rows.loc[rows["shape"].str.startswith(name), "value"].iloc[0])
        for name, sizes in MEASURED.items()
    ]


def test_the_estimate_is_within_a_small_factor_of_what_the_benchmark_measured():
    assert all(1 / FACTOR <= rate / RATE <= FACTOR for rate in rates())


def test_operations_are_counted_by_hand_for_a_layer_of_ones():
    one = Sizes(1, 1, 1, 1, tied=True, itemsize=4)
    assert scan_operations(one, 1) == 2 * (1 + 1 + 2 * (1 + 1) + 2 + 1)
    assert forward_operations(one, 3) == 6


def test_readings_are_made_once_and_all_else_for_each_token():
    once = 2 * PROSE.d_model * PROSE.d_mlp * PROSE.d_vocab
    few, many = (scan_operations(PROSE, tokens) - once for tokens in (10, 30))
    assert many == pytest.approx(3 * few)


def test_the_command_scans_twice_and_runs_three_halves():
    seconds = command_seconds(PROSE, tokens=100, rate=1e6)
    assert seconds == pytest.approx(
        (2 * scan_operations(PROSE, 50) + 3 * forward_operations(PROSE, 50)) / 1e6
    )


def test_memory_is_what_the_library_says_and_the_budget():
    sizes = Sizes(134_515_008, 576, 1536, 49_152, tied=True, itemsize=4)
    assert memory_bytes(sizes) == cn.memory_needed("smollm2").load_light + DEFAULT_BUDGET
