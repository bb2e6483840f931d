"""What was tried in this session. A notebook's outputs keep it beyond."""

from dataclasses import dataclass

import pandas as pd


@dataclass
class Record:
    """One exercise in this session: answers checked, hints given, and whether it is solved."""

    tries: int = 0
    hints: int = 0
    solved: bool = False


SESSION: dict[str, Record] = {}


def record(name: str) -> Record:
    """The record of an exercise, made where there is none."""
    return SESSION.setdefault(name, Record())


def progress() -> pd.DataFrame:
    """Which exercises were checked in this session, and which are solved.

    Returns
    -------
    pd.DataFrame
        A row for each exercise, in the order of their first check:

        * exercise : str
        * solved : bool
        * tries : int, answers checked until one was right
        * hints : int

    Examples
    --------
    >>> list(cn.exercises.progress().columns)
    ['exercise', 'solved', 'tries', 'hints']
    """
    rows = [(name, each.solved, each.tries, each.hints) for name, each in SESSION.items()]
    return pd.DataFrame(rows, columns=["exercise", "solved", "tries", "hints"])
