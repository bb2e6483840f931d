"""Results that `scan -o` wrote, read back."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from confidence_neurons.command.measuring import Findings
from confidence_neurons.command.writing import MADE_BY, SETTINGS

COLUMNS = {"of", "group", "held", "quantity", "estimate", "low", "high"}


@dataclass(frozen=True)
class Result:
    """What a comparison needs of a scan.

    Attributes
    ----------
    source
        The model or the directory, as it was given.
    record
        As in settings.json.
    groups
        As in groups.csv.
    """

    source: str
    record: dict[str, Any]
    groups: pd.DataFrame

    @classmethod
    def of(cls, source: str, findings: Findings, record: dict[str, Any]) -> "Result":
        """Of a scan that has just been made."""
        return cls(source, record, findings.groups)

    @property
    def name(self) -> str:
        """The model, with its revision."""
        revision = self.record["settings"]["revision"]
        return self.record["model"]["name"] + ("" if revision is None else f" @ {revision}")


def is_result(source: str) -> bool:
    """Whether a directory of this name holds a result, whole or damaged."""
    return Path(source, SETTINGS).is_file()


def read_result(source: str) -> Result:
    """Read a directory that `scan -o` wrote.

    Raises
    ------
    ValueError
        If it is damaged, or something else.
    """
    directory = Path(source)
    try:
        record = json.loads((directory / SETTINGS).read_text(encoding="utf-8"))
        made_by = record.get("made_by")
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{directory / SETTINGS}: expected a record of a scan: {error}") from None
    if made_by != MADE_BY:
        raise ValueError(
            f"{directory}: expected a directory that `{MADE_BY} -o` wrote, got one by {made_by!r}"
        )
    try:
        groups = pd.read_csv(directory / "groups.csv", keep_default_na=True)
        needed = {"model", "settings", "chosen", "k"} - set(record)
    except (ValueError, FileNotFoundError) as error:
        raise ValueError(f"{directory}: the result is damaged: {error}") from None
    if needed or not set(groups) >= COLUMNS:
        missing = ", ".join(sorted(needed | (COLUMNS - set(groups))))
        raise ValueError(f"{directory}: the result is damaged: {missing} is missing; scan again")
    return Result(source, record, groups)
