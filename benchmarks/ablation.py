"""Measure how fast neurons are ablated, and write the tables.

    python benchmarks/ablation.py

compares the straightforward way with the exact and the second-order one, and
writes results.md and results.csv beside this file.
"""

import argparse
import json
from pathlib import Path

from peaks import memory_of
from report import write
from shapes import Shape
from suite import Settings, measure


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure how fast neurons are ablated.")
    parser.add_argument("--repeats", type=int, default=3, help="runs of which to take the median")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write")
    parser.add_argument("--memory-of", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory_of:
        method, *sizes = arguments.memory_of
        d_model, d_mlp, d_vocab, tokens = map(int, sizes)
        print(json.dumps(memory_of(method, Shape("", d_model, d_mlp, d_vocab), tokens)))
        return
    for path in write(measure(Settings(repeats=arguments.repeats)), arguments.out):
        print(path)


if __name__ == "__main__":
    main()
