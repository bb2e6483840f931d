"""`confidence-neurons compare`: scans side by side."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from confidence_neurons import __version__
from confidence_neurons.command.assumptions import NAMES
from confidence_neurons.command.effects import ONE_BY_ONE, TOGETHER
from confidence_neurons.command.numbers import estimate
from confidence_neurons.command.results import Result, is_result, read_result
from confidence_neurons.command.scanning import scanned
from confidence_neurons.command.settings import Settings
from confidence_neurons.command.stages import Stages
from confidence_neurons.command.summary import print_table
from confidence_neurons.command.tables import CHANGE, SHARE_TITLES, SHARES, Table
from confidence_neurons.command.writing import SETTINGS, check_directory, result_folder
from confidence_neurons.groups.names import ENTROPY, EQUAL_NORM, FREQUENCY

MADE_BY = "confidence-neurons compare"
BOUNDS = ("estimate", "low", "high")


def compare_models(
    sources: Sequence[str],
    settings: Settings,
    output: Path | None,
    stages: Stages,
    *,
    report: bool,
) -> None:
    """Compare models, which are scanned as the settings say, and directories with results."""
    if len(sources) < 2:
        raise ValueError(
            f"expected at least two models or directories to compare, got {len(sources)}"
        )
    place = None if output is None else check_directory(output)
    read = {source: read_result(source) for source in sources if is_result(source)}
    results = []
    for source in sources:
        if source not in read:
            stages.say(source)
            read[source] = Result.of(source, *scanned(replace(settings, model=source), stages))
        results.append(read[source])
    frame = compared(results)
    tables = [table for kind in (ENTROPY, FREQUENCY) if (table := side_by_side(frame, kind))]
    if place is not None:
        with result_folder(place) as folder:
            write_comparison(folder, results, frame, tables, report=report)
    console = Console()
    for table in tables:
        print_table(table, console)
    if place is not None:
        print(f"The comparison lies in {output}")


def labels(results: Sequence[Result]) -> list[str]:
    """What each is called: its model, or what was given where two are of one model."""
    often = Counter(result.name for result in results)
    return [result.name if often[result.name] == 1 else result.source for result in results]


def compared(results: Sequence[Result]) -> pd.DataFrame:
    """One row for each result, kind and group: its neurons, effect and mediated share."""
    rows = []
    for label, result in zip(labels(results), results, strict=True):
        for kind, chosen in result.record["chosen"].items():
            part = result.groups[result.groups["of"] == kind]
            held = TOGETHER if (part["held"] == TOGETHER).any() else ONE_BY_ONE
            part = part[part["held"] == held]
            for group, some in part.groupby("group", sort=False):
                row: dict[str, Any] = {
                    "model": label,
                    "layer": result.record["model"]["layer"],
                    "k": result.record["k"],
                    "of": kind,
                    "group": group,
                    "criteria_met": chosen["criteria_met"],
                    "held": held,
                    "neurons": some["neurons"].iloc[0],
                }
                for quantity in ("entropy_total", SHARES[kind]):
                    found = some[some["quantity"] == quantity]
                    name = "share" if quantity == SHARES[kind] else quantity
                    for bound in BOUNDS:
                        value = float("nan") if found.empty else float(found[bound].iloc[0])
                        row[name if bound == "estimate" else f"{name}_{bound}"] = value
                rows.append(row)
    return pd.DataFrame(rows)


def side_by_side(frame: pd.DataFrame, kind: str) -> Table | None:
    """A line for each model: what was found, and the share beside that of a control."""
    part = frame[frame["of"] == kind]
    rows = []
    for model, some in part.groupby("model", sort=False):
        chosen = some[some["group"].str.startswith(kind)].iloc[0]
        control = some[some["group"] == EQUAL_NORM]
        number = len(str(chosen["neurons"]).split())
        rows.append(
            [
                str(model),
                f"{number}" if chosen["criteria_met"] else f"0 ({number} candidates)",
                _estimate(chosen, "entropy_total"),
                _estimate(chosen, "share", 2),
                "" if control.empty else _estimate(control.iloc[0], "share", 2),
            ]
        )
    if not rows:
        return None
    header = ["model", "found", CHANGE, SHARE_TITLES[kind], "equal norm"]
    return Table(f"{NAMES[kind][0].upper()}{NAMES[kind][1:]}", header, rows)


def write_comparison(
    folder: Path,
    results: Sequence[Result],
    frame: pd.DataFrame,
    tables: Sequence[Table],
    *,
    report: bool,
) -> None:
    """Put the files of a comparison into a folder."""
    frame.to_csv(folder / "compare.csv", index=False)
    record = {
        "made_by": MADE_BY,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"confidence-neurons": __version__},
        "compared": [{"source": result.source, **result.record} for result in results],
    }
    if report:
        from confidence_neurons.command.report.comparison import comparison

        (folder / "compare.html").write_text(comparison(frame, tables, record), encoding="utf-8")
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / SETTINGS).write_text(text + "\n", encoding="utf-8")


def _estimate(row: pd.Series, name: str, decimals: int | None = None) -> str:
    values = {"estimate": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}
    return estimate(pd.Series(values), decimals)
