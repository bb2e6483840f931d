"""Is a model without some neurons as sure as it is right? With intervals over sequences."""

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.measure.calibration import bin_of

UNTOUCHED = "none"
PLACE = ["text", "sequence", "position"]
BINS = 10
GAPS = [f"gap_{place}" for place in range(BINS)]
CLEAN = [f"clean_{gap}" for gap in GAPS]


def calibration_intervals(readings: pd.DataFrame) -> pd.DataFrame:
    """Calibration error and overconfidence of each group, with intervals.

    Both are functions of the bins' gaps, the means over all tokens of
    confidence minus accuracy where a token falls into the bin, and of nothing
    where it does not: the error is the sum of their absolute values,
    overconfidence their sum.

    Parameters
    ----------
    readings : pd.DataFrame
        One row per text, group and token: `text`, `group` ("none" for the
        model left alone, and the names of what was done to it), and what
        `cn.read` says of `confidence` and `right`.

    Returns
    -------
    pd.DataFrame
        Two rows per text and group, with `measure` "calibration error"
        (expected calibration error) or "overconfidence" (mean confidence minus
        accuracy; below 0 too little confidence): `estimate`, `low`, `high`;
        and `change`, `change_low`, `change_high`, the difference from the
        model left alone, resampled together with it. The error of a finite
        sample is never negative, so resampling tends to put it a little too
        high; overconfidence has no such bias.
    """
    gaps = _gaps(readings.reset_index(drop=True))
    clean = gaps[gaps["group"] == UNTOUCHED].drop(columns="group")
    paired = gaps.merge(clean.rename(columns=dict(zip(GAPS, CLEAN, strict=True))), on=PLACE)
    frames = []
    for measure, statistic in {"calibration error": _error, "overconfidence": _sum}.items():

        def change(*means: Tensor, statistic=statistic) -> Tensor:
            return statistic(*means[:BINS]) - statistic(*means[BINS:])

        level = cn.intervals(gaps, ["text", "group"], GAPS, statistic=statistic)
        from_clean = cn.intervals(paired, ["text", "group"], [*GAPS, *CLEAN], statistic=change)
        bounds = from_clean[["estimate", "low", "high"]]
        bounds = bounds.set_axis(["change", "change_low", "change_high"], axis=1)
        frames.append(level.assign(measure=measure).join(bounds))
    return pd.concat(frames).sort_index(kind="stable").reset_index(drop=True)


def _gaps(readings: pd.DataFrame) -> pd.DataFrame:
    """Confidence minus accuracy, in the column of the bin that the token falls into."""
    place = bin_of(readings["confidence"], BINS)
    gap = readings["confidence"] - readings["right"]
    columns = {name: gap.where(place == number, 0.0) for number, name in enumerate(GAPS)}
    return readings[["group", *PLACE]].assign(**columns)


def _error(*gaps: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    return torch.stack(gaps).abs().sum(dim=0)


def _sum(*gaps: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    return torch.stack(gaps).sum(dim=0)
