"""Measures of all runs, over their seeds."""

import pandas as pd

from confidence_neurons_book.grow_your_own import records


def of_runs(question: str, measure: str, kind: str) -> pd.Series:
    """One number a run, by arm and seed, as the records have it."""
    found = records.measured(question, measure, kind)
    return found[found["index"] == 0].set_index(["arm", "seed"])["value"]


def ratio(question: str, measure: str, kind: str, over: str) -> pd.Series:
    """The same over what it is on another kind of text."""
    return of_runs(question, measure, kind) / of_runs(question, measure, over)


def excess(question: str, kind: str) -> pd.Series:
    """Loss beyond the Bayes-optimal loss, as a share of it."""
    best = of_runs(question, "optimal_loss", kind)
    return of_runs(question, "loss", kind) / best - 1


def over_seeds(runs: pd.Series) -> pd.DataFrame:
    """By arm, in the order of the settings: `estimate` (median), `low` (least), `high` (most)."""
    by_arm = runs.groupby("arm", sort=False)
    found = {"estimate": by_arm.median(), "low": by_arm.min(), "high": by_arm.max()}
    return pd.DataFrame(found).reset_index()
