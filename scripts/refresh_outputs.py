"""Re-execute the chapters in place and take out what would make noise in a diff.

    python scripts/refresh_outputs.py            all chapters
    python scripts/refresh_outputs.py --check    say which are not normalised; run nothing

Normalised means: cell ids by position, no execution metadata, kernel and
language named in the shortest way, the words on folded solutions, chart ids derived from the chart.
"""

import argparse
import copy
import hashlib
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

import marked
from notebook_rules import HIDDEN

BOOK = Path(__file__).parent.parent / "book"
BUDGET_SECONDS = 60
CELL_TIMEOUT_SECONDS = 300
CHART_ID = re.compile(r"altair-viz-[0-9a-f]{32}")


def chapter_paths() -> list[Path]:
    """Return the book's notebooks, in reading order: those without a number come last."""
    return sorted(BOOK.glob("*.ipynb"))


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook without anything that changes from run to run."""
    clean = copy.deepcopy(notebook)
    clean.nbformat, clean.nbformat_minor = 4, 5
    clean.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    setup = next((cell for cell in clean.cells if cell.cell_type == "code"), None)
    if setup is not None and HIDDEN in setup.metadata.get("tags", []):
        setup.outputs = []
    for position, cell in enumerate(clean.cells):
        cell.id = f"cell-{position:03d}"
        cell.metadata = nbformat.from_dict(metadata(cell))
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
            html = output.get("data", {}).get("text/html")
            if html is not None:
                output.data["text/html"] = with_stable_chart_ids(html)
    return clean


def metadata(cell: NotebookNode) -> dict[str, Any]:
    """Return what is kept of a cell's metadata: tags, and how the site names a folded solution."""
    tags = cell.metadata.get("tags", [])
    folds = cell.cell_type == "code" and marked.SOLUTION in tags
    return ({"tags": tags} if tags else {}) | ({"mystnb": marked.FOLD} if folds else {})


def with_stable_chart_ids(html: str) -> str:
    """Replace the random id of an Altair chart by a digest of the chart."""
    digest = hashlib.sha256(CHART_ID.sub("", html).encode()).hexdigest()[:32]
    return CHART_ID.sub(f"altair-viz-{digest}", html)


def stderr_text(notebook: NotebookNode) -> str:
    """Return what the cells wrote to stderr: warnings, mostly."""
    return "".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    )


def serialise(notebook: NotebookNode) -> str:
    """Return the text of the notebook's file."""
    return nbformat.writes(notebook) + "\n"


def read(path: Path) -> NotebookNode:
    """Read a notebook file."""
    return nbformat.read(path, as_version=4)


def is_normalised(path: Path) -> bool:
    """Say whether the file is, to the byte, what `normalise` would write."""
    return path.read_text(encoding="utf-8") == serialise(normalise(read(path)))


def refresh(path: Path) -> float:
    """Execute one chapter, write it back, and return the seconds it took.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    RuntimeError
        If a cell writes to stderr: readers should see no warnings.
    """
    notebook = read(path)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        coalesce_streams=True,
        record_timing=False,
    )
    start = time.perf_counter()
    client.execute(env=os.environ | {"TQDM_DISABLE": "1"})
    seconds = time.perf_counter() - start
    complaint = stderr_text(notebook)
    if complaint:
        raise RuntimeError(
            f"expected {path.name} to write nothing to stderr, got:\n{complaint}"
            "Mend its cause in the cell or in the library, then run this again."
        )
    path.write_text(serialise(normalise(notebook)), encoding="utf-8")
    return seconds


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="report only, run nothing")
    parser.add_argument("chapters", nargs="*", type=Path, help="default: all")
    options = parser.parse_args(arguments)
    paths = options.chapters or chapter_paths()
    if options.check:
        dirty = [path for path in paths if not is_normalised(path)]
        for path in dirty:
            print(f"{path.name}: not normalised; run `make outputs`")
        return 1 if dirty else 0
    for path in paths:
        seconds = refresh(path)
        verdict = "" if seconds <= BUDGET_SECONDS else ", OVER BUDGET"
        print(f"{path.name}: {seconds:.0f} s of {BUDGET_SECONDS} s{verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
