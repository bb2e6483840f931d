"""Notebooks come out the same, whoever ran them, and warnings do not pass."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import refresh_outputs


def chart_html(identifier: str, title: str = "A chart") -> str:
    return f'<div id="altair-viz-{identifier}">{title}</div><style>#altair-viz-{identifier}</style>'


def chart_notebook(identifier: str) -> nbformat.NotebookNode:
    data = {"text/html": chart_html(identifier), "text/plain": "A chart"}
    cell = new_code_cell(
        "chart",
        execution_count=1,
        metadata={"execution": {"iopub.execute_input": identifier}, "tags": ["hide-input"]},
        outputs=[new_output("execute_result", data=data, execution_count=1)],
    )
    return new_notebook(
        cells=[cell], metadata={"language_info": {"name": "python", "version": identifier}}
    )


def test_two_runs_of_a_notebook_are_normalised_to_the_same_text():
    first, second = (
        refresh_outputs.serialise(refresh_outputs.normalise(chart_notebook(letter * 32)))
        for letter in "ab"
    )
    assert first == second
    assert "hide-input" in first


def test_different_charts_keep_different_ids():
    one, other = (
        refresh_outputs.with_stable_chart_ids(chart_html("a" * 32, title)) for title in ("x", "y")
    )
    assert refresh_outputs.CHART_ID.findall(one) != refresh_outputs.CHART_ID.findall(other)
    assert len(set(refresh_outputs.CHART_ID.findall(one))) == 1


def test_what_set_up_says_of_a_machine_is_not_kept():
    said = [new_output("stream", text="Python 3.11.7, torch 2.13.0+cpu on cpu")]
    cells = [new_code_cell("setup", metadata={"tags": ["remove-cell"]}, outputs=said)]
    [cell] = refresh_outputs.normalise(new_notebook(cells=cells)).cells
    assert cell.outputs == []


def test_normalising_leaves_its_argument_alone():
    notebook = chart_notebook("a" * 32)
    before = refresh_outputs.serialise(notebook)
    refresh_outputs.normalise(notebook)
    assert refresh_outputs.serialise(notebook) == before


def test_check_reports_a_notebook_that_is_not_normalised(tmp_path, capsys):
    path = tmp_path / "01-chapter.ipynb"
    nbformat.write(chart_notebook("a" * 32), path)
    assert refresh_outputs.main(["--check", str(path)]) == 1
    assert "01-chapter.ipynb: not normalised" in capsys.readouterr().out
    path.write_text(
        refresh_outputs.serialise(refresh_outputs.normalise(refresh_outputs.read(path)))
    )
    assert refresh_outputs.main(["--check", str(path)]) == 0


def test_refresh_executes_and_normalises(tmp_path):
    path = tmp_path / "01-chapter.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("print(6 * 7)")]), path)
    refresh_outputs.refresh(path)
    assert refresh_outputs.read(path).cells[0].outputs[0].text == "42\n"
    assert refresh_outputs.is_normalised(path)


def test_refresh_refuses_a_warning_and_leaves_the_file(tmp_path):
    path = tmp_path / "01-chapter.ipynb"
    nbformat.write(
        new_notebook(cells=[new_code_cell("import sys; sys.stderr.write('careful')")]), path
    )
    before = path.read_text()
    with pytest.raises(RuntimeError, match="careful"):
        refresh_outputs.refresh(path)
    assert path.read_text() == before
