"""What the benchmark measured: tables that are kept in one tidy file, part by part."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

LABELS = ("part", "shape", "model", "method", "grown", "effect")
RUNS = "runs"
MACHINE = ("processor", "cores", "threads", "torch", "python")


@dataclass(frozen=True)
class Results:
    """A table for each part; one more, `runs`, tells of each part where and when it was measured.

    Attributes
    ----------
    tables:
        Frames by name. Columns named in `LABELS` say what a row is about.
    """

    tables: Mapping[str, pd.DataFrame]

    @classmethod
    def read(cls, path: Path) -> "Results":
        """From the tidy file; of no file, none."""
        if not path.is_file():
            return cls({})
        tidy = pd.read_csv(path, dtype={"value": str})
        return cls({str(name): _wide(rows) for name, rows in tidy.groupby("table", sort=False)})

    def without(self, parts: Collection[str], machine: Mapping[str, str]) -> "Results":
        """All but some parts, which this machine is to measure again.

        Raises
        ------
        ValueError
            If what stays is of another machine, or of other versions.
        """
        if not self.tables:
            return self
        runs = self.tables[RUNS]
        runs = runs[~runs["part"].isin(parts)]
        here = ", ".join(machine[name] for name in MACHINE)
        there = {", ".join(row) for row in runs[list(MACHINE)].astype(str).to_numpy()}
        if not there <= {here}:
            raise ValueError(
                f"expected all parts to be of one machine ({', '.join(MACHINE)}), got {here} here "
                f"and {'; '.join(sorted(there))} for the parts that would stay: measure all of them"
            )
        stay = {name: frame for name, frame in self.tables.items() if name not in parts}
        return Results(stay | {RUNS: runs})

    def with_newer(self, newer: "Results") -> "Results":
        """Together with parts that were measured since."""
        both = [found.tables[RUNS] for found in (self, newer) if found.tables]
        return Results({**self.tables, **newer.tables, RUNS: pd.concat(both, ignore_index=True)})

    def write(self, path: Path) -> None:
        """One row per number: `table`, `LABELS`, `quantity`, `value`."""
        parts = []
        for name, frame in self.tables.items():
            kept = [label for label in LABELS if label in frame]
            parts.append(frame.melt(id_vars=kept, var_name="quantity").assign(table=name))
        tidy = pd.concat(parts, ignore_index=True).dropna(subset="value")
        tidy = tidy.reindex(columns=["table", *LABELS, "quantity", "value"])
        tidy["value"] = [f"{v:.6g}" if isinstance(v, float) else str(v) for v in tidy["value"]]
        replace_text(path, tidy.to_csv(index=False))


def replace_text(path: Path, text: str) -> None:
    """Write a file so that it holds either what it held or all of the text."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _wide(tidy: pd.DataFrame) -> pd.DataFrame:
    labels = [label for label in LABELS if tidy[label].notna().any()]
    frame = tidy.pivot_table(
        index=labels, columns="quantity", values="value", aggfunc="first", sort=False
    )
    return frame.rename_axis(columns=None).reset_index().apply(_as_numbers)


def _as_numbers(column: pd.Series) -> pd.Series:
    try:
        return pd.to_numeric(column)
    except ValueError:
        return column
