"""An assignment for Otter-Grader has a question for each exercise, in the form that it reads."""

import pytest

import marked
import otter_export
import refresh_outputs
from confidence_neurons_book.confidence import checks
from contents import NOTEBOOKS
from exercise_cells import checked

IDS = [path.stem for path in NOTEBOOKS]


@pytest.fixture(params=NOTEBOOKS, ids=IDS)
def made(request):
    chapter = refresh_outputs.read(request.param)
    return chapter, otter_export.assignment(chapter, request.param.stem)


def raw(notebook):
    return [cell.source.splitlines() for cell in notebook.cells if cell.cell_type == "raw"]


def test_each_solution_is_a_question(made):
    chapter, assignment = made
    assert raw(assignment)[0][0] == "# ASSIGNMENT CONFIG"
    inside = [f"# {end} {part}" for part in ("SOLUTION", "TESTS") for end in ("BEGIN", "END")]
    wanted = ["# BEGIN QUESTION", *inside, "# END QUESTION"]
    solutions = [cell for cell in chapter.cells if marked.BEGIN in cell.source]
    assert [lines[0] for lines in raw(assignment)[1:]] == wanted * len(solutions)
    code = [cell.source for cell in assignment.cells if cell.cell_type == "code"]
    assert all(cell.source in code for cell in solutions)


def test_questions_are_named_once_and_have_a_point(made):
    _, assignment = made
    asked = [lines for lines in raw(assignment) if lines[0] == "# BEGIN QUESTION"]
    names = [lines[1] for lines in asked]
    assert len({*names}) == len(names)
    assert all(lines[2] == "points: 1" for lines in asked)


def test_each_exercise_is_tested_in_the_open_and_hidden(made):
    chapter, assignment = made
    tests = [
        cell for cell in assignment.cells if cell.cell_type == "code" and ".judge(" in cell.source
    ]
    hidden = [cell for cell in tests if cell.source.startswith(otter_export.HIDE)]
    exercises = [*checked(chapter)]
    assert len(tests) - len(hidden) == len(exercises) * len(otter_export.SHOWN)
    assert len(hidden) == len(exercises) * len(otter_export.HIDDEN)
    assert all(cell.outputs[0].text == "solved\n" for cell in tests)


def test_a_test_of_the_assignment_prints_what_it_says(capsys):
    chapter = refresh_outputs.read(NOTEBOOKS[0])
    first = next(checked(chapter))
    cells = otter_export.assignment(chapter, "a").cells
    shown, hidden = [cell.source for cell in cells if "entropy.judge(" in cell.source][:2]
    for source in (shown, hidden):
        exec(source, {"checks": checks, first.answer: first.exercise.reference})
        exec(source, {"checks": checks, first.answer: lambda logits: ...})
    assert capsys.readouterr().out.split("\n")[:-1] == ["solved", "not answered"] * 2


def test_the_command_writes_every_chapter(tmp_path, capsys):
    assert otter_export.main([str(tmp_path / "new")]) == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(
        path.name for path in NOTEBOOKS
    )
    assert "otter assign" in capsys.readouterr().out
