"""Every exercise of every chapter: its solution passes, its stub and what is often wrong do not.

An exercise is found where it is defined, in the `checks` of a chapter's folder, and where it is
asked, in a notebook.
"""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

import confidence_neurons_book
import marked
import refresh_outputs
from confidence_neurons.exercises import Exercise
from confidence_neurons.exercises.exercise import UNANSWERED
from exercise_cells import Checked, checked

LEAST_MISTAKES, LEAST_HINTS = 4, 3
TRIES = range(1, 6)  # whose inputs are drawn here
FOLDERS = [
    folder
    for _, folder, is_package in iter_modules(confidence_neurons_book.__path__)
    if is_package and Path(confidence_neurons_book.__path__[0], folder, "checks.py").is_file()
]
DEFINED: dict[str, Exercise] = {
    f"{folder}.{name}": value
    for folder in FOLDERS
    for name, value in vars(import_module(f"confidence_neurons_book.{folder}.checks")).items()
    if isinstance(value, Exercise)
}
MISTAKES = [(name, sentence) for name, each in DEFINED.items() for sentence in each.mistakes]
ASKED: list[tuple[Path, Checked]] = [
    (path, each)
    for path in refresh_outputs.chapter_paths()
    for each in checked(refresh_outputs.read(path))
]
IDS = [each.exercise.name for _, each in ASKED]


@cache
def cells(path: Path) -> list[Any]:
    return refresh_outputs.read(path).cells


@cache
def imported(path: Path) -> dict[str, Any]:
    """What the imports of a notebook define, the chapter's own modules left out."""
    code = [cell.source for cell in cells(path) if cell.cell_type == "code"]
    statements: list[ast.stmt] = [
        statement
        for source in code
        if "%pip" not in source
        for statement in ast.parse(source).body
        if isinstance(statement, ast.Import | ast.ImportFrom)
        and "confidence_neurons_book" not in ast.unparse(statement)
    ]
    place: dict[str, Any] = {}
    exec(compile(ast.Module(statements, []), str(path), "exec"), place)
    return place


def solution(path: Path, name: str) -> str:
    """The cell in which a notebook defines a reader's function."""
    (source,) = [cell.source for cell in cells(path) if f"def {name}(" in cell.source]
    return source


def defined(path: Path, source: str, name: str) -> Any:
    place = dict(imported(path))
    exec(source, place)
    return place[name]


def verdicts(exercise: Exercise, answer: Any) -> list[tuple[str, str]]:
    return [exercise.judge(answer, exercise.inputs(number))[:2] for number in TRIES]


@pytest.mark.parametrize("name", DEFINED)
def test_an_exercise_has_its_own_name_and_enough_help(name):
    exercise = DEFINED[name]
    assert exercise.name == name
    assert len(exercise.hints) >= LEAST_HINTS
    assert len(exercise.mistakes) >= LEAST_MISTAKES
    assert all(words.endswith((".", "?")) for words in (*exercise.hints, *exercise.mistakes))


@pytest.mark.parametrize("name", DEFINED)
def test_an_exercise_is_asked_in_one_chapter(name):
    assert IDS.count(name) == 1


@pytest.mark.parametrize("name", DEFINED)
def test_each_try_has_inputs_of_its_own(name):
    first, again, second = (str(DEFINED[name].inputs(number)) for number in (1, 1, 2))
    assert first != second
    assert first == again


@pytest.mark.parametrize(("name", "sentence"), MISTAKES)
def test_what_is_often_wrong_is_called_by_its_name(name, sentence):
    said = verdicts(DEFINED[name], DEFINED[name].mistakes[sentence])
    assert said == [("not yet", f"Not yet. {sentence}")] * len(TRIES)


@pytest.mark.parametrize(("path", "asked"), ASKED, ids=IDS)
def test_the_solution_in_the_chapter_is_right(path, asked):
    answer = defined(path, solution(path, asked.answer), asked.answer)
    assert {outcome for outcome, _ in verdicts(asked.exercise, answer)} == {"solved"}


@pytest.mark.parametrize(("path", "asked"), ASKED, ids=IDS)
def test_the_stub_is_not_answered(path, asked):
    answer = defined(path, marked.stub(solution(path, asked.answer)), asked.answer)
    assert {*verdicts(asked.exercise, answer)} == {("not answered", UNANSWERED)}


@pytest.mark.parametrize(("path", "asked"), ASKED, ids=IDS)
def test_no_hint_gives_a_line_of_the_solution(path, asked):
    source = solution(path, asked.answer)
    answer = [line.strip() for line, inside in marked.lines(source) if inside]
    long = [line for line in answer if len(line) > 12 and not line.startswith("#")]
    assert not [line for line in long if any(line in hint for hint in asked.exercise.hints)]
