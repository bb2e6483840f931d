"""Collect the scans of many models: one table, the intervals of all groups, one page.

    python collect.py RESULTS

RESULTS is the directory that the Snakefile fills. `units.json` says which units
were asked for, `units/KEY/scan` is what `confidence-neurons scan` wrote of one,
`logs/KEY.log` what it said.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

import confidence_neurons as cn
from confidence_neurons.files import whole_files
from confidence_neurons.groups.names import ENTROPY, EQUAL_NORM, FREQUENCY
from page import html_page
from pictures import charts

MEASURED, NOT_MEASURED, FAILED = "measured", "not measured", "failed: "
SHARES = {ENTROPY: "entropy_ln_mediated", FREQUENCY: "frequency_mediated"}
SAYS = "confidence-neurons: "  # how the command begins to say what it refuses
BOXES = str.maketrans("", "", "╭╮╰╯─│")  # which it draws around what is wrong with an option


def collect(results: Path) -> pd.DataFrame:
    """Write `table.csv`, `groups.csv` and `index.html`; return the table, one row per unit."""
    units = json.loads((results / "units.json").read_text(encoding="utf-8"))
    table = pd.DataFrame([unit | row_of(results, unit["unit"]) for unit in units]).convert_dtypes()
    measured = table.loc[table["status"] == MEASURED, "unit"]
    groups = pd.concat(
        [pd.DataFrame({"unit": []}), *(groups_of(results, unit) for unit in measured)]
    )
    with whole_files(results) as folder:
        table.to_csv(folder / "table.csv", index=False)
        groups.to_csv(folder / "groups.csv", index=False)
        (folder / "index.html").write_text(summary(table), encoding="utf-8")
    return table


def row_of(results: Path, unit: str) -> dict[str, Any]:
    """How it went with a unit, and what was found in it."""
    scan = results / "units" / unit / "scan"
    if not scan.is_dir():
        return {"status": why_not(results / "logs" / f"{unit}.log")}
    record = json.loads((scan / "settings.json").read_text(encoding="utf-8"))
    model, chosen, groups = record["model"], record["chosen"], groups_of(results, unit)
    neurons = pd.read_parquet(scan / "neurons.parquet")
    front = cn.pareto_front(neurons)
    return {
        "status": MEASURED,
        **presence(ENTROPY, chosen.get(ENTROPY), groups),
        **presence(FREQUENCY, chosen.get(FREQUENCY), groups),
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


def presence(kind: str, choice: dict[str, Any] | None, groups: pd.DataFrame) -> dict[str, Any]:
    """Whether there are neurons of a kind, how many, what they mediate, and their controls.

    Where none meets the criteria, the shares are those of the nearest candidates.
    """
    met = choice and choice["criteria_met"]
    count = choice and (len(choice["neurons"]) if met else 0)
    found: dict[str, Any] = {kind: met, f"{kind}_neurons": count}
    shares = mediated(groups).set_index(["of", "group"])
    for group, name in ((kind, f"{kind}_share"), (EQUAL_NORM, f"{kind}_share_equal_norm")):
        share = shares.loc[(kind, group)] if (kind, group) in shares.index else {}
        ends = {f"{name}_{end}": share.get(end) for end in ("low", "high")}
        found |= {name: share.get("estimate"), **ends}
    return found


def groups_of(results: Path, unit: str) -> pd.DataFrame:
    """The intervals of a unit's groups and controls."""
    groups = pd.read_csv(results / "units" / unit / "scan/groups.csv")
    return pd.DataFrame({"unit": unit}, index=groups.index).join(groups)


def mediated(groups: pd.DataFrame) -> pd.DataFrame:
    """The mediated share of each group: held together, where that could be measured."""
    shares = groups[groups["quantity"] == groups["of"].map(SHARES)]
    together = shares[shares["held"] == "together"]
    keys = ["unit", "of", "group"]
    return pd.concat([together, shares]).drop_duplicates(keys).sort_index()


def summary(table: pd.DataFrame) -> str:
    """The page: what was measured, in pictures, and what was not."""
    counts = table["status"].str.partition(":")[0].value_counts()
    said = ", ".join(f"{count} {status}" for status, count in counts.items())
    return html_page(
        "Confidence neurons across models",
        [
            f"Of {len(table)} units, models at their revisions: {said}.",
            "Neurons were chosen on some rows of a text and measured on others. Where none meets "
            "the criteria, shares are those of the nearest candidates. Numbers with intervals: "
            "table.csv, and groups.csv for every group, control and quantity.",
        ],
        charts(table),
        table.drop(columns=["model", "revision"]),
    )


def why_not(log: Path) -> str:
    """What the log of a unit without a result says."""
    if not log.exists():
        return NOT_MEASURED
    text = log.read_text(encoding="utf-8", errors="replace").translate(BOXES)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or lines[-1].startswith("done "):
        return f"{FAILED}ended without a message: stopped, or out of memory or of time"
    return FAILED + lines[-1].removeprefix(SAYS)


if __name__ == "__main__":
    collect(Path(sys.argv[1]))
