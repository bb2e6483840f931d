"""How far confidence lies from accuracy, and how far it would by luck alone."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.measure.calibration import bin_of
from confidence_neurons_book.told import told

BINS = 10
FEWEST = 20  # tokens of a bin that is shown
DRAWS = 200
DIGITS = 3


def reliability_table(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Accuracy of the first choice in bins of confidence, with intervals over sequences.

    Parameters
    ----------
    frame
        One row per token: `sequence`, `confidence`, `right`, and `by`.

    Returns
    -------
    pd.DataFrame
        One row per group and bin that has `FEWEST` tokens: the columns of
        `by`, `confidence` (the mean), `accuracy`, its `low` and `high`, and
        `tokens`.
    """
    placed = frame.assign(bin=bin_of(frame["confidence"], BINS))
    keys = [*by, "bin"]
    found = cn.intervals(placed, keys, ["right"]).rename(columns={"estimate": "accuracy"})
    sure = placed.groupby(keys, as_index=False)["confidence"].mean()
    table = found[found["tokens"] >= FEWEST].merge(sure, on=keys)
    return table[[*by, "confidence", "accuracy", "low", "high", "tokens"]]


def calibration_errors(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Lean and expected calibration error of each group, with intervals over sequences.

    The error is the sum over bins of |mean of (right - confidence), counted
    in that bin alone|: a function of means over all tokens.

    Parameters
    ----------
    frame
        One row per token: `sequence`, `confidence`, `right`, and `by`.

    Returns
    -------
    pd.DataFrame
        One row per group: the columns of `by`; as texts with intervals
        `lean`, accuracy minus confidence (above 0 where the model is not sure
        enough), and `error`; as a number `by_luck`, the mean error of a
        perfectly calibrated forecaster as sure as the model, on as many
        tokens.
    """
    gap, place = frame["right"] - frame["confidence"], bin_of(frame["confidence"], BINS)
    in_bins = {f"gap {number}": gap.where(place == number, 0.0) for number in range(BINS)}
    gaps = frame.assign(gap=gap, **in_bins)
    lean = cn.intervals(gaps, by, ["gap"])
    error = cn.intervals(gaps, by, list(in_bins), statistic=_sum_of_sizes)
    groups = frame.groupby(by, sort=False)["confidence"]
    return lean[by].assign(
        lean=told(lean, DIGITS),
        error=told(error, DIGITS),
        by_luck=[_error_by_luck(sure) for _, sure in groups],
    )


def _sum_of_sizes(*gaps: Tensor) -> Tensor:
    return torch.stack(gaps).abs().sum(dim=0)


def _error_by_luck(confidence: pd.Series, seed: int = 0) -> float:
    """Mean error where each first choice is right with just the probability it was given."""
    sure = confidence.to_numpy(dtype=float)
    members = np.equal.outer(np.arange(BINS), bin_of(confidence, BINS)).astype(float)
    drawn = np.random.default_rng(seed).random((DRAWS, len(sure))) < sure
    return float(np.abs((drawn - sure) @ members.T / len(sure)).sum(axis=1).mean())
