"""A chapter whose stored number is wrong does not pass, with the flags the Makefile uses."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from notebook_rules import CHECKED

ROOT = Path(__file__).parents[2]


def run_nbval(directory: Path, stored: str) -> subprocess.CompletedProcess[str]:
    cell = new_code_cell(
        "print(f'entropy {3.7123:.2f} nats')",
        execution_count=1,
        metadata={"tags": [CHECKED]},
        outputs=[new_output("stream", name="stdout", text=stored)],
    )
    path = directory / "chapter.ipynb"
    nbformat.write(new_notebook(cells=[cell]), path)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "nbval.ini", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_right_number_passes(tmp_path):
    result = run_nbval(tmp_path, "entropy 3.71 nats\n")
    assert result.returncode == pytest.ExitCode.OK, result.stdout + result.stderr


def test_an_altered_number_fails(tmp_path):
    result = run_nbval(tmp_path, "entropy 3.72 nats\n")
    assert result.returncode == pytest.ExitCode.TESTS_FAILED, result.stdout + result.stderr
    assert "3.72" in result.stdout


def test_the_makefile_uses_these_flags():
    assert "-c nbval.ini" in (ROOT / "Makefile").read_text(encoding="utf-8")
