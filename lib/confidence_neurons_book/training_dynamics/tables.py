"""Tables of the chapter: what began when, and single steps of what was measured."""

from collections.abc import Mapping, Sequence

import pandas as pd

from confidence_neurons.groups.finding import NULL_FRACTION
from confidence_neurons_book.told import told
from confidence_neurons_book.training_dynamics.onsets import (
    EVENTS,
    MEMBERS,
    NEVER,
    by_step,
    crossing,
    onsets,
    relative_spectrum,
)
from confidence_neurons_book.training_dynamics.records import NOISE, PROSE, of

CLOSELY = {  # measure and of what, in the snapshots that were measured anew
    "frequency neurons": ("cosine", "weights"),
    "scale answers noise": ("scale ratio", NOISE),
    "null writers": ("rho", "weights"),
    "null space opens": ("smallest singular value", "weights"),
}
CLOSE = "prose, more snapshots"
DEFINED = "entropy neurons"
DEFINITION = "three neurons that meet the book's definition on half noise"


def begun(
    records: Mapping[str, pd.DataFrame], snapshots: pd.DataFrame, threshold: int = 1
) -> pd.DataFrame:
    """What begins when in each run; entropy neurons, where snapshots were measured anew.

    Returns
    -------
    pd.DataFrame
        The columns of `onsets.onsets` and `run`; events in the order in which
        they begin in the first run.
    """
    found = []
    for run, record in records.items():
        events = onsets(record, threshold=threshold)
        found.append(pd.concat([events, defined(snapshots, run, record)]).assign(run=run))
    whole = pd.concat(found, ignore_index=True)
    first = whole[whole["run"] == next(iter(records))].sort_values("estimate", kind="stable")
    order = {event: place for place, event in enumerate(first["event"])}
    return whole.sort_values("event", key=lambda names: names.map(order), kind="stable")


def defined(snapshots: pd.DataFrame, run: str, record: pd.DataFrame) -> pd.DataFrame:
    """When entropy neurons by the book's definition begin, at the steps of the growth record."""
    counts = of(snapshots, "neurons", "entropy", run)
    counts = counts[counts["step"].isin(record["step"])].set_index("step")["estimate"]
    steps = None if counts.empty else crossing(counts, MEMBERS - 1, rising=True)
    if steps is None:
        return pd.DataFrame()
    row = {"event": DEFINED, "criterion": DEFINITION, "low": steps[0]}
    return pd.DataFrame([row | {"estimate": steps[1], "high": steps[1]}])


def closely(snapshots: pd.DataFrame) -> pd.DataFrame:
    """The same for the first seed, from snapshots that lie 25 steps apart for a while."""
    rows = []
    for event in EVENTS:
        if event.name in CLOSELY:
            values = of(snapshots, *CLOSELY[event.name], PROSE).set_index("step")["estimate"]
            steps = crossing(values, event.thresholds[1], rising=event.rising)
            rows.append({"event": event.name, "steps": steps})
    counts = of(snapshots, "neurons", "entropy", PROSE).set_index("step")["estimate"]
    rows.append({"event": DEFINED, "steps": crossing(counts, MEMBERS - 1, rising=True)})
    frame = pd.DataFrame(rows)
    low, estimate = zip(*frame["steps"], strict=True)
    return frame[["event"]].assign(low=low, estimate=estimate, high=estimate, run=CLOSE)


def begun_table(found: pd.DataFrame) -> pd.DataFrame:
    """A row for each event, a column for each run: between which snapshots it began."""
    cells = found.assign(
        began=[
            f"{low:,} to {at:,}" for low, at in zip(found["low"], found["estimate"], strict=True)
        ]
    )
    wide = cells.pivot_table("began", "event", "run", aggfunc="first", sort=False)
    wide = wide[list(dict.fromkeys(found["run"]))].rename_axis(columns=None)
    return wide.fillna({CLOSE: "-"}).fillna(NEVER)


def threshold_table(records: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The first snapshot of each event by a looser, its own, a stricter threshold, and half-way."""
    rows = {}
    for event in EVENTS:
        for run, record in records.items():
            steps = [event.onset(record, place) for place in range(len(event.thresholds))]
            steps.append(None if steps[1] is None else event.halfway(record))
            cell = " / ".join(NEVER if each is None else f"{each[1]:,}" for each in steps)
            rows.setdefault(event.name, {})[run] = cell
    return pd.DataFrame(rows).T.rename_axis("event")


def steps_table(
    found: pd.DataFrame, columns: Mapping[str, tuple[str, str]], steps: Sequence[int], digits: int
) -> pd.DataFrame:
    """Chosen steps of one run, with intervals where there are some.

    Parameters
    ----------
    found : pd.DataFrame
        Rows of `records.snapshots`, of one run.
    columns : mapping
        Name of a column -> measure, and of what.
    steps : sequence of int
        The rows.
    digits : int
        Decimals, where numbers do not count something.
    """
    table = {}
    for name, (measure, what) in columns.items():
        rows = of(found, measure, what).set_index("step").loc[list(steps)]
        counts = (rows["estimate"] % 1 == 0).all()
        bare = [f"{value:z.{0 if counts else digits}f}" for value in rows["estimate"]]
        table[name] = bare if rows["low"].isna().all() else told(rows, digits)
    return pd.DataFrame(table, index=pd.Index([f"{step:,}" for step in steps], name="step"))


def ends_table(
    records: Mapping[str, pd.DataFrame], groups: Mapping[str, Mapping[str, Sequence[int]]]
) -> pd.DataFrame:
    """What each run has come to at its last step."""
    rows = {}
    for run, record in records.items():
        most = (by_step(record, "null_fraction") > NULL_FRACTION).sum(axis=1)
        rows[run] = {
            "smallest singular value": relative_spectrum(record).iloc[-1].min(),
            "null writers, and most": f"{most.iloc[-1]}, {most.max()} at {most.idxmax():,}"
            if most.any()
            else "0",
            "entropy neurons": str(len(groups[run]["entropy"])),
            "loss on prose": by_step(record, "validation_loss").iloc[-1, 0],
            "loss on half noise": by_step(record, "corrupted_loss").iloc[-1, 0],
        }
    return pd.DataFrame(rows).T.infer_objects().rename_axis("run")
