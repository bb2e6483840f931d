"""Run a notebook with the Python of any environment, alone in an empty folder."""

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from refresh_outputs import CELL_TIMEOUT_SECONDS, serialise, stderr_text

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Ran:
    """What came of a notebook: seconds, of its set-up cell and in all, and what was wrong."""

    setup: float
    seconds: float
    complaint: str = ""

    def __str__(self) -> str:
        times = f"set-up {self.setup:.1f} s, in all {self.seconds:.0f} s"
        return f"{times}{': FAILED, ' if self.complaint else ''}{self.complaint}"


def describe_kernel(python: Path, directory: Path) -> str:
    """Describe a Python as a kernel below a directory of Jupyter's; return the kernel's name."""
    where = directory / "kernels/elsewhere"
    where.mkdir(parents=True)
    described = {
        "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": str(python),
        "language": "python",
        "env": {
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # its debugger warns of Python 3.13
            "TQDM_DISABLE": "1",  # progress is written to stderr, as warnings are
        },
    }
    (where / "kernel.json").write_text(json.dumps(described), encoding="utf-8")
    return where.name


def run(notebook: NotebookNode, name: str, kernel: str) -> Ran:
    """Run a notebook, whose first cell of code is its set-up."""
    with TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(serialise(notebook), encoding="utf-8")
        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT_SECONDS,
            kernel_name=kernel,
            resources={"metadata": {"path": folder}},
            coalesce_streams=True,
            record_timing=False,
        )
        start = time.perf_counter()
        setup, complaint = 0.0, ""
        with client.setup_kernel():
            for index, cell in enumerate(notebook.cells):
                begun = time.perf_counter()
                try:
                    client.execute_cell(cell, index)
                except CellExecutionError as error:
                    complaint = f"cell {index}: {COLOURS.sub('', str(error)).strip()}"
                    break
                if cell.cell_type == "code" and not setup:
                    setup = time.perf_counter() - begun
        seconds = time.perf_counter() - start
    said = stderr_text(notebook)
    return Ran(setup, seconds, complaint or (f"it wrote to stderr: {said}" if said else ""))
