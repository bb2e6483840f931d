"""In a notebook: a verdict shows itself, its file keeps it, and the results are read from there."""

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from confidence_neurons.exercises import collect

EXERCISE = """\
from confidence_neurons import exercises
square = exercises.Exercise(
    "sums.square", lambda x: x**2, lambda generator: [(3,)], ["Twice itself."],
    {"This is the double.": lambda x: 2 * x},
)"""
CELLS = [
    EXERCISE,
    "square.check(lambda x: ...)",
    "square.check(lambda x: 2 * x)",
    "_.arguments",
    "square.check(lambda x: 2 * x)",
    "square.check(lambda x: x * x)",
    "exercises.progress()",
]


def test_what_a_student_sees_and_a_teacher_collects(tmp_path):
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    told = [cell.outputs[0]["data"]["text/plain"] for cell in notebook.cells[1:]]
    assert told[0].startswith("Not answered yet")
    assert told[1] == "Not yet. This is the double."
    assert told[2] == "(3,)"
    assert told[3] == "Not yet. This is the double.\nHint 1 of 1: Twice itself."
    assert told[4] == "Correct: right on 1 input."
    assert "sums.square" in told[5]
    nbformat.write(notebook, tmp_path / "ada.ipynb")
    assert collect([tmp_path]).to_numpy().tolist() == [["ada", "sums.square", True, 3]]
