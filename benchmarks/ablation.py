"""Measure how fast neurons are ablated, and write the tables.

    python benchmarks/ablation.py

compares the straightforward way with the exact and the second-order one,
writes results.md and results.csv beside this file, and the main table into the
README.
"""

import argparse
import json
from pathlib import Path

from peaks import memory_of
from report import write, write_summary
from shapes import Shape
from suite import Settings, measure

README = Path(__file__).parents[1] / "README.md"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure how fast neurons are ablated.")
    parser.add_argument("--repeats", type=int, default=3, help="runs of which to take the median")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write")
    parser.add_argument("--readme", type=Path, default=README, help="file to put the table into")
    parser.add_argument("--memory-of", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory_of:
        method, *sizes = arguments.memory_of
        d_model, d_mlp, d_vocab, tokens = map(int, sizes)
        print(json.dumps(memory_of(method, Shape("", d_model, d_mlp, d_vocab), tokens)))
        return
    results = measure(Settings(repeats=arguments.repeats))
    written = write(results, arguments.out)
    for path in (*written, write_summary(results.comparison, arguments.readme)):
        print(path)


if __name__ == "__main__":
    main()
