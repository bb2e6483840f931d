"""Collect the scans of many models: one table, the effects of all groups, one page.

    python collect.py RESULTS

RESULTS is the directory that the Snakefile fills. `units.json` says which units
were asked for, `units/KEY/scan` is what `confidence-neurons scan` wrote of one,
`logs/KEY.log` what it said.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import confidence_neurons as cn
from confidence_neurons.command.comparing import compared
from confidence_neurons.command.results import Result, is_result, read_result
from confidence_neurons.files import whole_files
from confidence_neurons.groups.names import ENTROPY, EQUAL_NORM, FREQUENCY
from overview import overview

MEASURED, NOT_MEASURED, FAILED = "measured", "not measured", "failed: "
SAYS = "confidence-neurons: "  # how the command begins to say what it refuses
BOXES = str.maketrans("", "", "╭╮╰╯─│")  # which it draws around what is wrong with an option
BOUNDS = ("", "_low", "_high")


def collect(results: Path) -> pd.DataFrame:
    """Write `table.csv`, `groups.csv` and `index.html`; return the table, one row per unit."""
    units = json.loads((results / "units.json").read_text(encoding="utf-8"))
    scans = {unit["unit"]: results / "units" / unit["unit"] / "scan" for unit in units}
    groups = pd.concat(
        [
            groups_of(unit, read_result(str(scan)))
            for unit, scan in zip(units, scans.values(), strict=True)
            if is_result(str(scan))
        ]
        or [pd.DataFrame({"unit": []})]
    ).convert_dtypes()
    rows = [unit | row_of(results, unit["unit"], groups) for unit in units]
    table = pd.DataFrame(rows).convert_dtypes()
    with whole_files(results) as folder:
        table.to_csv(folder / "table.csv", index=False)
        groups.to_csv(folder / "groups.csv", index=False)
        (folder / "index.html").write_text(overview(table, groups), encoding="utf-8")
    return table


def groups_of(unit: Mapping[str, Any], result: Result) -> pd.DataFrame:
    """A unit's chosen neurons and their controls: effect and mediated share, with intervals."""
    frame = compared([result]).drop(columns="model")
    named = {name: unit[name] for name in ("unit", "name", "step")}
    return pd.DataFrame(named, index=frame.index).join(frame)


def row_of(results: Path, unit: str, groups: pd.DataFrame) -> dict[str, Any]:
    """How it went with a unit, and what was found in it."""
    scan = results / "units" / unit / "scan"
    if not is_result(str(scan)):
        return {"status": why_not(results / "logs" / f"{unit}.log")}
    record = read_result(str(scan)).record
    model, chosen, own = record["model"], record["chosen"], groups[groups["unit"] == unit]
    front = cn.pareto_front(pd.read_parquet(scan / "neurons.parquet"))
    return {
        "status": MEASURED,
        **presence(ENTROPY, chosen.get(ENTROPY), own),
        **presence(FREQUENCY, chosen.get(FREQUENCY), own),
        "front": len(front),
        "front_entropy": int((front["group"] == ENTROPY).sum()),
        "k": record["k"],
        "layer": model["layer"],
        "d_model": model["d_model"],
        "d_mlp": model["d_mlp"],
        "d_vocab": model["d_vocab"],
        "tokens": record["text"]["tokens"],
        "seconds": record["seconds"]["all"],
        "peak_memory_mb": round(record["peak_memory_bytes"] / 1e6),
        "version": record["versions"]["confidence-neurons"],
    }


def presence(kind: str, choice: Mapping[str, Any] | None, groups: pd.DataFrame) -> dict[str, Any]:
    """Whether there are neurons of a kind, how many, what they mediate, and their controls.

    Where none meets the criteria, the shares are those of the nearest candidates.
    """
    met = choice and choice["criteria_met"]
    count = choice and (len(choice["neurons"]) if met else 0)
    found: dict[str, Any] = {kind: met, f"{kind}_neurons": count}
    own = groups[groups["of"] == kind]
    of_chosen, of_control = own["group"].str.startswith(kind), own["group"] == EQUAL_NORM
    for name, rows in (("share", own[of_chosen]), ("share_equal_norm", own[of_control])):
        for bound in BOUNDS:
            value = None if rows.empty else rows[f"share{bound}"].iloc[0]
            found[f"{kind}_{name}{bound}"] = value
    return found


def why_not(log: Path) -> str:
    """What the log of a unit without a result says."""
    if not log.exists():
        return NOT_MEASURED
    text = log.read_text(encoding="utf-8", errors="replace").translate(BOXES)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    refusals = [line.removeprefix(SAYS) for line in lines if line.startswith(SAYS)]
    if refusals:
        return FAILED + refusals[-1]
    last = f"; the log ends with: {lines[-1]}" if lines else ", and the log is empty"
    return f"{FAILED}no reason given (stopped? out of memory, or of time?){last}"


if __name__ == "__main__":
    collect(Path(sys.argv[1]))
