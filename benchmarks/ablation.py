"""Measure how fast neurons are ablated, and write the tables.

    python benchmarks/ablation.py
    python benchmarks/ablation.py --only comparison accuracy

compares the straightforward way with the exact and the second-order one,
writes results.md and results.csv beside this file, and the main table into the
README. With --only, the other parts stay as they were measured before.
"""

import argparse
from pathlib import Path

from machine import description
from report import write, write_summary
from results import Results
from suite import PARTS, Settings, measure

README = Path(__file__).parents[1] / "README.md"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure how fast neurons are ablated.")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), help="parts to measure again")
    parser.add_argument("--repeats", type=int, default=3, help="runs of which to take the median")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write")
    parser.add_argument("--readme", type=Path, default=README, help="file to put the table into")
    arguments = parser.parse_args()
    parts = arguments.only or list(PARTS)
    try:
        kept = Results.read(arguments.out / "results.csv").without(parts, description())
    except ValueError as error:
        parser.error(str(error))
    results = kept.with_newer(measure(Settings(repeats=arguments.repeats), parts))
    for path in (*write(results, arguments.out), write_summary(results, arguments.readme)):
        print(path)


if __name__ == "__main__":
    main()
