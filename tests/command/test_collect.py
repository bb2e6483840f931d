"""The results of a class as one file, and what is refused."""

import json

import pandas as pd
import pytest

from command.conftest import give
from confidence_neurons.exercises.verdict import MIME_TYPE


def notebook(path, **outcomes):
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = [{"name": name, "outcome": outcome, "tries": 2} for name, outcome in outcomes.items()]
    cells = [
        {"metadata": {}, "outputs": [{"data": {MIME_TYPE: entry, "text/plain": ["x"]}}]}
        for entry in entries
    ]
    path.write_text(json.dumps({"cells": cells}))
    return path


@pytest.fixture
def submitted(tmp_path):
    notebook(tmp_path / "in" / "ada" / "01.ipynb", entropy="solved", slope="not yet")
    notebook(tmp_path / "in" / "bob, junior.ipynb", entropy="solved")
    return tmp_path / "in"


def test_a_file_of_all_students(submitted, tmp_path):
    said = give("collect", submitted, "-o", tmp_path / "out" / "results.csv")
    assert said.exit_code == 0, said.output
    assert said.stdout.endswith("results.csv: 2 notebooks, 2 of 3 exercises solved\n")
    found = pd.read_csv(tmp_path / "out" / "results.csv")
    assert found.to_numpy().tolist() == [
        ["ada/01", "entropy", True, 2],
        ["ada/01", "slope", False, 2],
        ["bob, junior", "entropy", True, 2],
    ]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results.csv"]


def test_standard_output(submitted):
    said = give("collect", submitted / "ada" / "01.ipynb")
    assert said.stdout == "student,exercise,solved,tries\n01,entropy,True,2\n01,slope,False,2\n"


def test_what_is_not_there(refused, tmp_path):
    told = refused("collect", tmp_path / "nowhere", "-o", tmp_path / "results.csv")
    assert "nowhere" in told


def test_no_notebook(refused, tmp_path):
    (tmp_path / "a.ipynb").write_text("not a notebook")
    assert "a.ipynb" in refused("collect", tmp_path, "-o", tmp_path / "results.csv")


def test_notebooks_without_checks(refused, tmp_path):
    notebook(tmp_path / "a.ipynb")
    told = refused("collect", tmp_path, "-o", tmp_path / "results.csv")
    assert "after the checks had run" in told
