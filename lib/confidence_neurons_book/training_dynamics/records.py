"""What was measured while models grew: two seeds of `prose`, and `prose-no-norm`.

The growth records of the bundled models ship with the library. That of a second
seed, and what `remeasuring` found in snapshots, lie in `data/`; its README says
how they were made.
"""

import json
from pathlib import Path

import pandas as pd

import confidence_neurons as cn
from confidence_neurons.files import sha256
from confidence_neurons.growing.files import write_table

PROSE, SECOND, NO_NORM = "prose", "prose, second seed", "prose-no-norm"
RUNS = (PROSE, SECOND, NO_NORM)
CLEAN, NOISE = "prose", "half noise"  # texts
NOW, NULL, MEDIAN = "quietest now", "null at the end", "median at the end"  # directions

DATA = Path(__file__).parent / "data"
GROWTH, SNAPSHOTS = "second-seed-growth.csv.gz", "snapshots.csv.gz"
GROUPS, CHECKSUMS = "second-seed-groups.json", "checksums.json"
DIGITS = 4
LEFT_OUT = ("first_copy_loss",)  # measures of a growth record that the chapter does not use


def growth(run: str) -> pd.DataFrame:
    """The growth record of a run: `step`, `measure`, `index`, `value` (see `cn.growth_record`)."""
    if run == SECOND:
        return pd.read_csv(DATA / GROWTH)
    return cn.growth_record(run)


def recorded_groups(run: str) -> dict[str, list[int]]:
    """Entropy neurons and token frequency neurons, named at the end of the training."""
    if run == SECOND:
        return json.loads((DATA / GROUPS).read_text(encoding="utf-8"))["groups"]
    return cn.recorded_groups(run)


def snapshots() -> pd.DataFrame:
    """What `remeasuring` found: `run`, `step`, and its columns."""
    return pd.read_csv(DATA / SNAPSHOTS)


def of(found: pd.DataFrame, measure: str, what: str, run: str | None = None) -> pd.DataFrame:
    """The rows of one measure of one text, group or kind, of one run or all, by step."""
    rows = found[(found["measure"] == measure) & (found["of"] == what)]
    rows = rows if run is None else rows[rows["run"] == run]
    return rows.sort_values("step")


def ship(grown: Path, remeasured: pd.DataFrame, directory: Path = DATA) -> None:
    """Put the tables of the chapter into a directory, with their checksums.

    Parameters
    ----------
    grown : Path
        Where the growing command left the second seed: `growth.csv.gz` and
        `groups.json` are taken from there.
    remeasured : pd.DataFrame
        From `remeasuring.remeasure`, with a column `run`.
    directory : Path
        Where the tables go; by default where the chapter finds them.
    """
    record = pd.read_csv(grown / "growth.csv.gz")
    write_table(record[~record["measure"].isin(LEFT_OUT)], directory / GROWTH, DIGITS)
    write_table(remeasured, directory / SNAPSHOTS, DIGITS)
    groups = (grown / "groups.json").read_text(encoding="utf-8")
    (directory / GROUPS).write_text(groups, encoding="utf-8")
    text = json.dumps(checksums(directory), indent=1) + "\n"
    (directory / CHECKSUMS).write_text(text, encoding="utf-8")


def checksums(directory: Path = DATA) -> dict[str, str]:
    """File -> SHA-256 of the tables that lie in a directory."""
    return {name: sha256(directory / name) for name in (GROWTH, SNAPSHOTS, GROUPS)}
