"""What was measured in the experiments: a table for each question.

The command that made them, with their settings in one file, stands in
CONTRIBUTING.md ("Grow the models"). The tables hold measurements alone: no
weights, and no text of the corpus.
"""

import json
from pathlib import Path

import pandas as pd

from confidence_neurons.files import sha256

WHICH_NOISE, WHERE, BREAKS = QUESTIONS = ("which-noise", "where", "breaks")
WEIGHTS = "weights"
DATA = Path(__file__).parent / "data"


def table(question: str) -> pd.DataFrame:
    """Everything that was measured for a question.

    Parameters
    ----------
    question : str
        One of `QUESTIONS`.

    Returns
    -------
    pd.DataFrame
        Tidy: `arm`, `seed`, `measure`, `kind` (of text; "weights" for what is
        said of a model as a whole), `index`, `value`. What the measures are
        say `growing.measures` and, of copies, `growing.breaking`; `seconds`
        are those of processor time that growing took.

    Raises
    ------
    ValueError
        If there is no such question, or its file is damaged.
    """
    if question not in QUESTIONS:
        raise ValueError(f"expected one of {', '.join(QUESTIONS)}, got {question!r}")
    path = DATA / f"{question}.csv.gz"
    expected = json.loads((DATA / "checksums.json").read_text(encoding="utf-8"))[path.name]
    found = sha256(path)
    if found != expected:
        raise ValueError(
            f"{path}: expected SHA-256 {expected}, got {found}. The file is damaged or was "
            "changed: install the book again"
        )
    return pd.read_csv(path)


def measured(question: str, measure: str, kind: str | None = None) -> pd.DataFrame:
    """One measure of all runs of a question, on one kind of text or on all.

    Returns
    -------
    pd.DataFrame
        `arm`, `seed`, `kind`, `index`, `value`, in the order of the runs.

    Raises
    ------
    ValueError
        If it was not measured.
    """
    whole = table(question)
    rows = whole[whole["measure"] == measure]
    rows = rows if kind is None else rows[rows["kind"] == kind]
    if rows.empty:
        known = sorted(whole["measure"].unique())
        raise ValueError(
            f"expected a measure of {question} ({', '.join(known)}) and a kind of text that it was "
            f"measured on, got {measure!r} and {kind!r}"
        )
    return rows.drop(columns="measure").reset_index(drop=True)
