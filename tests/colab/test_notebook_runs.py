"""A notebook in another Python: how it runs, and what is told of one that fails."""

import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from notebook_runs import describe_kernel, run


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    return describe_kernel(Path(sys.executable), tmp_path)


def notebook(*sources):
    return new_notebook(cells=[new_markdown_cell("Text"), *map(new_code_cell, sources)])


def test_a_notebook_runs_alone_in_its_folder(kernel):
    ran = run(notebook("import os; assert os.listdir() == ['01.ipynb']"), "01.ipynb", kernel)
    assert ran.complaint == ""
    assert 0 < ran.setup <= ran.seconds


def test_the_first_cell_that_fails_is_named(kernel):
    ran = run(notebook("1", "1 / 0", "2"), "01.ipynb", kernel)
    assert ran.complaint.startswith("cell 2: ")
    assert "ZeroDivisionError: division by zero" in ran.complaint
    assert "FAILED" in str(ran)


def test_what_a_reader_should_not_see_is_a_failure(kernel):
    ran = run(notebook("import warnings; warnings.warn('old')"), "01.ipynb", kernel)
    assert ran.complaint.startswith("it wrote to stderr: ")
