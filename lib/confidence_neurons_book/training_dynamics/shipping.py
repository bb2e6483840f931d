"""Measure the snapshots of both seeds anew and put the chapter's tables in their place.

python -m confidence_neurons_book.training_dynamics.shipping FIRST SECOND

FIRST and SECOND are directories as `python -m confidence_neurons.growing` leaves
them; `data/README.md` says how these two were grown.
"""

import argparse
import json
from pathlib import Path

import pandas as pd

import confidence_neurons as cn
from confidence_neurons.growing.recipe import PROSE as RECIPE
from confidence_neurons.growing.snapshots import snapshot_path
from confidence_neurons_book.training_dynamics import records
from confidence_neurons_book.training_dynamics.histories import with_controls
from confidence_neurons_book.training_dynamics.remeasuring import (
    booted,
    measure_snapshot,
    remeasure,
)

COLUMNS = ["run", "step", "measure", "of", "estimate", "low", "high"]


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line, measure, ship."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("first", type=Path, help="seed 0; its last steps may be missing")
    parser.add_argument("second", type=Path, help="seed 1, grown to the end")
    parser.add_argument("--to", type=Path, default=records.DATA, help="where the tables go")
    options = parser.parse_args(arguments)
    parts = [first_seed(options.first / "run"), second_seed(options.second)]
    records.ship(options.second, pd.concat(parts)[COLUMNS], options.to)


def first_seed(run: Path) -> pd.DataFrame:
    """The snapshots that the run has, and the bundled model as the last step."""
    model = cn.load_light("prose")
    last = cn.geometry(model)
    named = cn.recorded_groups("prose")["entropy"]
    groups = with_controls(cn.growth_record("prose"), named)
    rows = cn.prose_tokens(model)[1::2]
    end = measure_snapshot(model, rows, groups, last).assign(step=RECIPE.steps)
    return pd.concat([remeasure(run, RECIPE, groups, last), end]).assign(run=records.PROSE)


def second_seed(grown: Path) -> pd.DataFrame:
    """All snapshots of the second seed."""
    record = pd.read_csv(grown / "growth.csv.gz")
    named = json.loads((grown / "groups.json").read_text(encoding="utf-8"))["groups"]["entropy"]
    groups = with_controls(record, named)
    end = booted(RECIPE, snapshot_path(grown / "run", RECIPE.steps))
    last = cn.geometry(end, counts=cn.unigram_counts("prose"))
    return remeasure(grown / "run", RECIPE, groups, last).assign(run=records.SECOND)


if __name__ == "__main__":
    main()
