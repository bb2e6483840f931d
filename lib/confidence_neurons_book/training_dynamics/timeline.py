"""Snapshot by snapshot: losses, the scale, the spectrum and all neurons of several runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

import confidence_neurons as cn
from confidence_neurons.groups.names import OTHERS
from confidence_neurons_book.training_dynamics.onsets import relative_spectrum, scale_ratio
from confidence_neurons_book.training_dynamics.records import CLEAN, NOISE

DIGITS = 2
TEXTS = {"validation_loss": CLEAN, "corrupted_loss": NOISE}


@dataclass(frozen=True)
class Timeline:
    """What the panels of the timeline draw; each frame has a column `run`.

    Attributes
    ----------
    losses : pd.DataFrame
        `step`, `text`, `loss`.
    ratios : pd.DataFrame
        `step`, `ratio` of the scale on noise to that on prose.
    spectra : pd.DataFrame
        `snapshot`, `place` (1 is the quietest direction), `relative`.
    neurons : pd.DataFrame
        `snapshot`, `neuron`, `group`, `rho`, `cosine` (its size).
    snapshots : pd.DataFrame
        `snapshot`, counted from zero, and its `step`.
    """

    losses: pd.DataFrame
    ratios: pd.DataFrame
    spectra: pd.DataFrame
    neurons: pd.DataFrame
    snapshots: pd.DataFrame

    @classmethod
    def of(
        cls,
        records: Mapping[str, pd.DataFrame],
        groups: Mapping[str, Mapping[str, Sequence[int]]],
        steps: Sequence[int],
    ) -> "Timeline":
        """Of growth records, neurons named at the end, and the steps that the slider stops at."""
        numbers = {step: number for number, step in enumerate(steps)}
        parts = {
            "losses": [_losses(record).assign(run=run) for run, record in records.items()],
            "ratios": [
                scale_ratio(record).rename("ratio").reset_index().assign(run=run)
                for run, record in records.items()
            ],
            "spectra": [
                _at(_spectra(record), numbers).assign(run=run) for run, record in records.items()
            ],
            "neurons": [
                _at(_neurons(record, groups[run]), numbers).assign(run=run)
                for run, record in records.items()
            ],
        }
        frames = {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
        snapshots = pd.DataFrame({"snapshot": [*numbers.values()], "step": [*numbers]})
        return cls(**frames, snapshots=snapshots)


def _losses(record: pd.DataFrame) -> pd.DataFrame:
    rows = record[record["measure"].isin(list(TEXTS))]
    named = rows.assign(text=rows["measure"].map(TEXTS), loss=rows["value"])
    return named[["step", "text", "loss"]]


def _spectra(record: pd.DataFrame) -> pd.DataFrame:
    values = relative_spectrum(record).round(DIGITS + 1)
    values.columns = pd.RangeIndex(values.shape[1], 0, -1)
    return values.reset_index().melt("step", var_name="place", value_name="relative")


def _neurons(record: pd.DataFrame, groups: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    keys = {"index": "neuron", "null_fraction": "rho", "frequency_cosine": "cosine"}
    rows = record[record["measure"].isin(list(keys))]
    wide = (
        rows.pivot_table("value", ["step", "index"], "measure").reset_index().rename(columns=keys)
    )
    numbers = wide[["rho", "cosine"]].abs().round(DIGITS)
    named = {name: neurons for name, neurons in groups.items() if neurons}
    grouped = cn.with_groups(wide[["step", "neuron"]].join(numbers), named)
    return grouped.assign(group=pd.Categorical(grouped["group"], [*groups, OTHERS]))


def _at(frame: pd.DataFrame, numbers: Mapping[int, int]) -> pd.DataFrame:
    kept = frame[frame["step"].isin(list(numbers))]
    return kept.assign(snapshot=kept["step"].map(numbers)).drop(columns="step")
