"""Which cells of a chapter check an exercise, and which one they check."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from nbformat import NotebookNode

from confidence_neurons.exercises import Exercise

IMPORT = re.compile(
    r"^from (confidence_neurons_book\.\w+) import (?:\([^)]*|[^\n(]*)\bchecks\b", re.MULTILINE
)
CHECK = re.compile(r"^(?:print\()?checks\.(\w+)\.check\((\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Checked:
    """A cell that checks: where it stands, what it checks, and the reader's function."""

    position: int
    exercise: Exercise
    answer: str


def checked(notebook: NotebookNode) -> Iterator[Checked]:
    """Yield the cells that check an exercise of the chapter's `checks`.

    Raises
    ------
    ValueError
        If a cell does, but no cell imports `checks`.
    """
    code = {i: cell.source for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"}
    package = IMPORT.search("\n".join(code.values()))
    for position, source in code.items():
        for name, answer in CHECK.findall(source):
            if package is None:
                raise ValueError(
                    f"expected `from confidence_neurons_book... import checks`, got none, and cell "
                    f"{position} checks {name}"
                )
            exercise = getattr(import_module(f"{package[1]}.checks"), name)
            yield Checked(position, exercise, answer)
