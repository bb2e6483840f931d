"""Run the chapters as Colab runs them.

    python scripts/colab.py                       every chapter, in all three editions
    python scripts/colab.py 01 03 -e student      these chapters, in this edition

That is: Colab's Python and packages, in an environment that is made once; the library from a
repository at its tag; each notebook alone in an empty folder, from its set-up cell to its end.
Chapters come from HEAD: commit first.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from address import release_tag
from colab_machine import LIBRARY, Machine, colab_versions, find_python
from notebook_runs import Ran, describe_kernel, run
from refresh_outputs import read

ROOT = Path(__file__).parents[1]
EDITIONS = {
    "solution": "book",
    "student": "book/editions/student",
    "instructor": "book/editions/instructor",
}
SETUP_SECONDS = 15
SETUP_TRIES = 3


def publish(source: Path, place: Path) -> Path:
    """Return a clone whose address is a bare repository, which holds it at its tag.

    The repository sends parts of itself where it is asked for parts, as GitHub does.
    """
    bare, clone = place / "book.git", place / "clone"
    _run("git", "clone", "--quiet", "--bare", "--no-local", source, bare)
    _run("git", "config", "uploadpack.allowFilter", "true", cwd=bare)
    _run("git", "config", "uploadpack.allowAnySHA1InWant", "true", cwd=bare)
    _run("git", "clone", "--quiet", bare, clone)
    own = {**os.environ, "PYTHONPATH": str(clone / "lib")}
    _run(sys.executable, clone / "scripts/address.py", f"file://{bare}", env=own)
    author = ("-c", "user.name=Publisher", "-c", "user.email=publisher@localhost")
    _run("git", *author, "commit", "--quiet", "--all", "-m", "The address", cwd=clone)
    _run("git", "tag", "--force", release_tag(clone), cwd=clone)
    _run("git", "push", "--quiet", "--force", "--tags", "origin", cwd=clone)
    return clone


def _run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    subprocess.run(command, cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL)


def chosen(clone: Path, chapters: list[str], editions: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield edition and path of the notebooks that were asked for, by how their names begin.

    Raises
    ------
    ValueError
        If no notebook has such a name.
    """
    for edition in editions:
        names = sorted((clone / EDITIONS[edition]).glob("*.ipynb"))
        for chapter in chapters or [""]:
            fitting = [path for path in names if path.name.startswith(chapter)]
            if not fitting:
                told = ", ".join(path.stem for path in names) or "none: run `make editions`"
                raise ValueError(
                    f"expected the beginning of a chapter's name, got {chapter!r}; the {edition} "
                    f"edition has {told}"
                )
            yield from ((edition, path) for path in fitting)


def only_setup(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook with the set-up cell alone."""
    return new_notebook(cells=[next(cell for cell in notebook.cells if cell.cell_type == "code")])


def set_up(machine: Machine, path: Path, kernel: str) -> Iterator[tuple[str, Ran]]:
    """Yield what set-up takes: on a fresh machine; where the library alone is missing; again.

    A busy machine is slower than itself: of several tries the quickest counts.
    """
    machine.forget()
    yield "set-up on a fresh machine", run(only_setup(read(path)), path.name, kernel)
    tries: list[Ran] = []
    while len(tries) < SETUP_TRIES and all(ran.setup > SETUP_SECONDS for ran in tries):
        machine.forget([LIBRARY])
        tries.append(run(only_setup(read(path)), path.name, kernel))
    yield "set-up where the dependencies are there", in_time(min(tries, key=lambda ran: ran.setup))
    yield "set-up where all is there", in_time(run(only_setup(read(path)), path.name, kernel))


def in_time(ran: Ran) -> Ran:
    """Return the same, with a complaint where the set-up took too long."""
    if ran.complaint or ran.setup <= SETUP_SECONDS:
        return ran
    busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    told = f"expected a set-up of at most {SETUP_SECONDS} s, got {ran.setup:.1f} s ({busy})"
    return Ran(ran.setup, ran.seconds, told)


def check(machine: Machine, kernel: str, notebooks: list[tuple[str, Path]]) -> int:
    """Run set-up and notebooks, tell what came of each, and return how many failed."""
    failed = 0
    for name, ran in set_up(machine, notebooks[0][1], kernel):
        print(f"{name}: {ran}", flush=True)
        failed += bool(ran.complaint)
    for edition, path in notebooks:
        machine.forget([LIBRARY])
        ran = run(read(path), path.name, kernel)
        print(f"{edition} {path.stem}: {ran}", flush=True)
        failed += bool(ran.complaint)
    changed = machine.as_made().items() - machine.packages().items()
    if changed:
        print(f"FAILED, set-up changed what was there: {sorted(changed)}")
    return failed + bool(changed)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("chapters", nargs="*", help="how their names begin; default: all")
    parser.add_argument("-e", "--edition", choices=EDITIONS, action="append", help="default: all")
    parser.add_argument("--versions", type=Path, help="a pip-freeze.txt of Colab")
    parser.add_argument("--python", help="a Python of Colab's version")
    parser.add_argument("--torch-index", default="", help="where CPU builds of torch are")
    options = parser.parse_args(arguments)
    try:
        python = find_python(options.python)
        machine = Machine(ROOT / ".venv/colab", colab_versions(options.versions))
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    machine.make(python, options.torch_index)
    print("As in Colab, but: " + "; ".join(machine.differences()) + ".", flush=True)
    with TemporaryDirectory() as place:
        clone = publish(ROOT, Path(place))
        try:
            notebooks = list(chosen(clone, options.chapters, options.edition or list(EDITIONS)))
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
        os.environ["JUPYTER_PATH"] = place
        os.environ.pop("PYTHONPATH", None)
        failed = check(machine, describe_kernel(machine.python, Path(place)), notebooks)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
