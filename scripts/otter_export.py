"""Write the chapters as notebooks that `otter assign` of Otter-Grader takes.

    python scripts/otter_export.py [DIR]      by default _build/otter
    pip install -e '.[otter]'                 once
    otter assign _build/otter/01-confidence.ipynb dist

Each exercise with a check is a question of one point. Its tests are checks on the inputs of
three tries: the first is shown to students, the others grade.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output, new_raw_cell

import editions
import marked
import refresh_outputs
from exercise_cells import Checked, checked

FOLDER = refresh_outputs.BOOK.parent / "_build" / "otter"
SHOWN, HIDDEN = (1,), (2, 3)  # tries whose inputs students see tested, and those that grade
CONFIG = "# ASSIGNMENT CONFIG\nname: {name}\nexport_cell:\n  pdf: false"
QUESTION = "# BEGIN QUESTION\nname: {name}\npoints: 1"
HIDE = '""" # BEGIN TEST CONFIG\nhidden: true\n""" # END TEST CONFIG\n'
TEST = "print(checks.{name}.judge({answer}, checks.{name}.inputs({number}))[0])"


def assignment(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return a chapter as an assignment: questions with solutions and tests."""
    master = editions.student(notebook, name, None)
    solutions = {
        marked.stub(cell.source): cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and marked.SOLUTION in cell.metadata.get("tags", [])
    }
    asked = {each.answer: each for each in checked(notebook)}
    cells = [new_raw_cell(CONFIG.format(name=name))]
    for cell in master.cells:
        solution = solutions.get(cell.source) if cell.cell_type == "code" else None
        if solution is None:
            cells.append(cell)
        else:
            cell.source = solution
            here = [each for answer, each in asked.items() if f"def {answer}(" in solution]
            cells += [*question(cell, here)]
    for position, cell in enumerate(cells):
        cell.id = f"cell-{position:03d}"
    master.cells = cells
    return master


def question(solution: NotebookNode, asked: list[Checked]) -> Iterator[NotebookNode]:
    """Yield the cells of a question: a solution, and the tests of what it defines."""
    name = "-".join(_short(each) for each in asked)
    yield new_raw_cell(QUESTION.format(name=name))
    yield new_raw_cell("# BEGIN SOLUTION")
    yield solution
    yield new_raw_cell("# END SOLUTION")
    yield new_raw_cell("# BEGIN TESTS")
    for each in asked:
        for number in (*SHOWN, *HIDDEN):
            test = TEST.format(name=_short(each), answer=each.answer, number=number)
            prints = new_output("stream", name="stdout", text="solved\n")
            yield new_code_cell((HIDE if number in HIDDEN else "") + test, outputs=[prints])
    yield new_raw_cell("# END TESTS")
    yield new_raw_cell("# END QUESTION")


def _short(asked: Checked) -> str:
    return asked.exercise.name.rpartition(".")[2]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", nargs="?", type=Path, default=FOLDER)
    directory = parser.parse_args(arguments).directory
    directory.mkdir(parents=True, exist_ok=True)
    for path in refresh_outputs.chapter_paths():
        written = refresh_outputs.serialise(assignment(refresh_outputs.read(path), path.stem))
        (directory / path.name).write_text(written, encoding="utf-8")
    print(f"{directory}: for each chapter `otter assign {directory}/NAME.ipynb DIR`")
    return 0


if __name__ == "__main__":
    sys.exit(main())
