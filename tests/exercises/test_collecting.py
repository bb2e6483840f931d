"""The results of a class are read from the notebooks' outputs; nothing runs."""

import json

import pytest

from confidence_neurons.exercises import collect
from confidence_neurons.exercises.verdict import MIME_TYPE


def cell(*entries, code="raise SystemExit", **metadata):
    outputs = [{"output_type": "execute_result", "data": {MIME_TYPE: entry}} for entry in entries]
    return {"cell_type": "code", "source": [code], "metadata": metadata, "outputs": outputs}


def entry(name, outcome, tries):
    return {"name": name, "outcome": outcome, "tries": tries}


def write(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "metadata": {}}, *cells]}))
    return path


def rows(*paths):
    return collect(paths).to_numpy().tolist()


def test_a_row_for_each_student_and_exercise(tmp_path):
    write(tmp_path / "ada" / "01.ipynb", cell(entry("c.a", "solved", 3)), cell())
    write(tmp_path / "bob.ipynb", cell(entry("c.a", "not yet", 2)), cell(entry("c.b", "solved", 1)))
    assert rows(tmp_path) == [
        ["ada/01", "c.a", True, 3],
        ["bob", "c.a", False, 2],
        ["bob", "c.b", True, 1],
    ]


def test_a_check_that_was_not_run_is_no_try(tmp_path):
    path = write(tmp_path / "eve.ipynb", cell(exercise="c.a"))
    assert rows(path) == [["eve", "c.a", False, 0]]


@pytest.mark.parametrize(("said", "solved"), [("Correct: right on 4.", True), ("Not yet.", False)])
def test_where_a_host_keeps_text_alone_the_words_tell(tmp_path, said, solved):
    check = cell(exercise="c.a")
    check["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": [said]}}]
    assert rows(write(tmp_path / "eve.ipynb", check)) == [["eve", "c.a", solved, 0]]


def test_a_check_that_stands_twice_counts_once_the_best_of_them(tmp_path):
    solved, lost = cell(entry("c.a", "solved", 4)), cell(entry("c.a", "not yet", 9))
    path = write(tmp_path / "eve.ipynb", lost, solved, cell(exercise="c.a"))
    assert rows(path) == [["eve", "c.a", True, 4]]


def test_copies_that_jupyter_keeps_are_no_students(tmp_path):
    write(tmp_path / ".ipynb_checkpoints" / "a.ipynb", cell(entry("c.a", "solved", 1)))
    assert rows(tmp_path) == []


@pytest.mark.parametrize("text", ["no json", "{}", "[]"])
def test_what_is_no_notebook_is_named(tmp_path, text):
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"expected a notebook, got .*a\.ipynb"):
        collect([path])


def test_other_outputs_do_not_matter(tmp_path):
    other = cell(entry("c.a", "solved", 1))
    other["outputs"] += [{"output_type": "stream", "text": "x"}, {"output_type": "error"}]
    assert rows(write(tmp_path / "a.ipynb", other)) == [["a", "c.a", True, 1]]
