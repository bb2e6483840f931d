"""What a scan of many models consists of: units, each a model at one revision, done by one job.

Needs nothing but Python's own library: Snakemake, whose environment is its own, imports it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OPTIONS = (  # of `confidence-neurons scan`
    "text",
    "tokens",
    "length",
    "layer",
    "k",
    "counts",
    "method",
    "device",
    "dtype",
    "memory_budget",
    "seed",
)
RESOURCES = {"mem_mb": 4000, "runtime": 60}  # megabytes and minutes of a job
SETTINGS = {*OPTIONS, *RESOURCES, "report"}
IDENTITY = {"model", "name", "revision", "revisions", "step"}


@dataclass(frozen=True)
class Unit:
    """A model at one revision, and how it is measured.

    Attributes
    ----------
    model
        What `confidence-neurons scan` takes: a name, a directory, a file.
    name
        What the model is called in the table; several units of one name are
        its checkpoints.
    revision
        Of a model on the hub.
    step
        How far the training had come.
    settings
        Options of the command, and `report`.
    resources
        `mem_mb` and `runtime` that the job asks for.
    """

    model: str
    name: str
    revision: str | None
    step: float | None
    settings: Mapping[str, Any]
    resources: Mapping[str, int]

    @property
    def key(self) -> str:
        """The name of the unit's files."""
        at = self.revision or (None if self.step is None else f"step{self.step:g}")
        whole = self.name if at is None else f"{self.name}@{at}"
        return re.sub(r"[^\w.+@-]+", "--", whole).strip("-.")

    @property
    def arguments(self) -> list[str]:
        """What follows `confidence-neurons scan`, but for the place of the result."""
        given = {"revision": self.revision, **{name: self.settings.get(name) for name in OPTIONS}}
        options = [
            f"--{name.replace('_', '-')}={value}"
            for name, value in given.items()
            if value is not None
        ]
        return [*options, *([] if self.settings.get("report") else ["--no-report"]), self.model]

    @property
    def record(self) -> dict[str, Any]:
        """What the collecting step has to know."""
        return {
            "unit": self.key,
            "name": self.name,
            "model": self.model,
            "revision": self.revision,
            "step": self.step,
        }


def units_of(config: Mapping[str, Any]) -> dict[str, Unit]:
    """The units that a configuration asks for, by their keys.

    Raises
    ------
    ValueError
        If the configuration has a name that nobody knows, no model, a model
        without a name, or two units with the same files.
    """
    defaults = config.get("defaults") or {}
    _known(defaults, SETTINGS, "defaults")
    units = [
        unit
        for entry in _listed(config.get("models"), "models")
        for unit in _of_entry(entry, defaults)
    ]
    if not all(unit.key for unit in units):
        raise ValueError("expected a name with letters or digits for each model")
    twice = [key for key, times in Counter(unit.key for unit in units).items() if times > 1]
    if twice:
        raise ValueError(f"expected different units, got {', '.join(twice)} more than once")
    return {unit.key: unit for unit in units}


def _of_entry(entry: Any, defaults: Mapping[str, Any]) -> list[Unit]:
    """The units of one entry of `models`: one for each revision."""
    entry = {"model": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, Mapping) or not isinstance(entry.get("model"), str):
        raise ValueError(f"expected an entry of models with a name as model:, got {entry!r}")
    _known(entry, SETTINGS | IDENTITY, entry["model"])
    if "revisions" in entry:
        revisions = _listed(entry["revisions"], f"revisions of {entry['model']}")
    else:
        revisions = [entry.get("revision")]
    settings = {**defaults, **{name: entry[name] for name in SETTINGS if name in entry}}
    return [
        Unit(
            model=entry["model"],
            name=str(entry.get("name", entry["model"])),
            revision=None if revision is None else str(revision),
            step=float(entry["step"]) if "step" in entry else step_of(revision),
            settings={name: settings[name] for name in settings if name not in RESOURCES},
            resources={name: int(settings.get(name, RESOURCES[name])) for name in RESOURCES},
        )
        for revision in revisions
    ]


def step_of(revision: Any) -> float | None:
    """The step that a revision such as "step1000" or "step1000-tokens5B" names."""
    found = re.search(r"step[-_]?(\d+)", str(revision))
    return None if found is None else float(found[1])


def _listed(value: Any, what: str) -> Sequence[Any]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"expected {what} as a list with at least one entry, got {value!r}")
    return value


def _known(given: Mapping[str, Any], names: set[str], where: str) -> None:
    unknown = sorted(set(given) - names)
    if unknown:
        raise ValueError(
            f"{where}: expected some of {', '.join(sorted(names))}, got {', '.join(unknown)}"
        )
