"""Results of a class as one frame, read from the outputs of students' notebooks."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from confidence_neurons.checks import CHECKS, Given, as_list, checked
from confidence_neurons.checks.texts import is_path
from confidence_neurons.exercises.verdict import CORRECT, MIME_TYPE

COLUMNS = ["student", "exercise", "solved", "tries"]
EXERCISE = "exercise"  # in the metadata of a cell that checks: the exercise's name


def is_notebooks(value: Any, given: Given) -> list[Path]:
    """Paths of notebooks, and of directories that hold some."""
    members = as_list(value, "notebooks and directories", empty=True)
    paths = [Path(is_path(each, given)) for each in members]
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"expected a notebook or a directory, got {path}: not there")
    return paths


CHECKS["notebooks"] = is_notebooks


@checked
def collect(notebooks: Iterable[str | Path]) -> pd.DataFrame:
    """Read which exercises students have solved from the outputs in their notebooks.

    Nothing is executed. Outputs are text that anyone can write: they are no
    proof of anything.

    Parameters
    ----------
    notebooks : several of str or Path
        Notebooks, and directories with notebooks at any depth.

    Returns
    -------
    pd.DataFrame
        A row for each notebook and exercise:

        * student : str, the notebook's path below the directory, without its ending
        * exercise : str
        * solved : bool
        * tries : int, answers checked in the last session; 0 where that is not known

    Raises
    ------
    ValueError
        If a file is no notebook.

    Examples
    --------
    >>> len(cn.exercises.collect([]))
    0
    """
    rows = [
        (student, name, *results[name])
        for student, path in _students(map(Path, notebooks))
        for results in [_results(path)]
        for name in results
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _students(paths: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Each notebook once, by the name that tells it from the others."""
    for path in paths:
        if path.is_dir():
            for found in sorted(path.rglob("*.ipynb")):
                if ".ipynb_checkpoints" not in found.parts:
                    yield found.relative_to(path).with_suffix("").as_posix(), found
        else:
            yield path.with_suffix("").name, path


def _results(path: Path) -> dict[str, tuple[bool, int]]:
    """Solved and tries of each exercise of a notebook; of several checks the best."""
    results: dict[str, tuple[bool, int]] = {}
    for cell in _cells(path):
        outputs = cell.get("outputs", [])
        kept = [entry for output in outputs if (entry := output.get("data", {}).get(MIME_TYPE))]
        found = [(each["name"], each["outcome"] == "solved", each["tries"]) for each in kept]
        if not found and EXERCISE in cell["metadata"]:
            found = [(cell["metadata"][EXERCISE], any(map(_says_correct, outputs)), 0)]
        for name, *result in found:
            results[name] = max(results.get(name, (False, 0)), (bool(result[0]), int(result[1])))
    return results


def _says_correct(output: dict[str, Any]) -> bool:
    """Whether the words of a verdict stand there: not every host of notebooks keeps the entry."""
    return "".join(output.get("data", {}).get("text/plain", "")).startswith(CORRECT)


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"expected a notebook, got {path}: {error!r}. Leave it out") from None
