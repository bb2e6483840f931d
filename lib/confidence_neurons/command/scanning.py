"""`confidence-neurons scan`: load, measure, print, write."""

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from confidence_neurons import __version__
from confidence_neurons.command.counts import frequencies
from confidence_neurons.command.loading import load, memory_told
from confidence_neurons.command.measuring import Findings, measure
from confidence_neurons.command.settings import Settings
from confidence_neurons.command.stages import Stages, peak_memory
from confidence_neurons.command.summary import print_summary
from confidence_neurons.command.text import read_rows
from confidence_neurons.command.writing import MADE_BY, SETTINGS, check_directory, result_folder

PACKAGES = ("torch", "transformers", "transformer-lens", "tokenizers", "numpy", "pandas", "altair")


def scan_model(settings: Settings, output: Path | None, stages: Stages, *, report: bool) -> None:
    """Scan a model; print the summary; write the result if there is a place for it."""
    place = None if output is None else check_directory(output)
    findings, record = scanned(settings, stages)
    if place is not None:
        with stages("Result"), result_folder(place) as folder:
            write_result(folder, findings, record, report=report)
    print_summary(findings, Console())
    if place is not None:
        print(f"\nThe result lies in {output}")


def scanned(settings: Settings, stages: Stages) -> tuple[Findings, dict[str, Any]]:
    """Load a model and measure it; what is found, and the record of the run."""
    with stages("Model", quiet=True):
        stages.say(f"{settings.model}: {memory_told(settings)}")
        model = load(settings)
    with stages("Text"):
        rows = read_rows(model, settings)
    with stages("Token frequencies"):
        counts = frequencies(model, settings.counts, rows)
    findings = measure(model, rows, counts, settings, stages)
    record = {
        "made_by": MADE_BY,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "confidence-neurons": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in PACKAGES},
        },
        "machine": {"system": platform.platform(), "processor": platform.machine()},
        "settings": settings.record(),
        "model": findings.model,
        "text": findings.text,
        "chosen": {
            choice.kind: {
                "criteria_met": choice.met,
                "neurons": choice.neurons,
                "controls": dict(choice.controls),
            }
            for choice in findings.choices
        },
        "k": int((findings.spectrum["kind"] != "others").sum()),
        "assumptions": findings.assumptions,
        "seconds": stages.seconds | {"all": stages.total()},
        "peak_memory_bytes": peak_memory(),
    }
    return findings, record


def write_result(folder: Path, findings: Findings, record: dict[str, Any], *, report: bool) -> None:
    """Put every file of a result into a folder."""
    findings.neurons.to_parquet(folder / "neurons.parquet", index=False)
    findings.neurons.to_csv(folder / "neurons.csv", index=False)
    findings.groups.to_csv(folder / "groups.csv", index=False)
    findings.members.to_csv(folder / "members.csv", index=False)
    findings.spectrum.to_csv(folder / "spectrum.csv", index=False)
    if report:
        from confidence_neurons.command.report.writing import report as written

        (folder / "report.html").write_text(written(findings, record), encoding="utf-8")
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / SETTINGS).write_text(text + "\n", encoding="utf-8")
