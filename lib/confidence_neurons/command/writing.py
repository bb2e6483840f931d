"""Results on the disk: a directory that is there whole, or not at all."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from confidence_neurons.files import EARLIER, whole_directory

MADE_BY = "confidence-neurons scan"
SETTINGS = "settings.json"
REMEDY = "Make room or allow writing there, or choose another place: nothing was written"
FILES = {
    SETTINGS,
    "neurons.parquet",
    "neurons.csv",
    "groups.csv",
    "members.csv",
    "spectrum.csv",
    "report.html",
    "compare.csv",
    "compare.html",
}


def check_directory(directory: Path) -> Path:
    """Refuse, before any work is done, a directory that a result cannot be written to.

    Returns
    -------
    Path
        Where it really lies.

    Raises
    ------
    ValueError
        If something else lies there, or it is the working directory.
    OSError
        If nothing can be written there.
    """
    place = directory.expanduser().resolve()
    if place.exists() and not place.is_dir():
        raise ValueError(f"{directory}: expected a directory for the result, there is a file")
    if place == Path.cwd() or place in Path.cwd().parents:
        raise ValueError(
            f"{directory}: expected a directory to be made for the result, got the working "
            "directory or one that it lies in: choose a new one"
        )
    if place.is_dir():
        inside = {path.name for path in place.iterdir()}
        if inside and not (SETTINGS in inside and inside <= FILES):
            raise ValueError(
                f"{directory}: expected a new or an empty directory, or one with an earlier result "
                f"and nothing else, got one with {', '.join(sorted(inside - FILES)[:3]) or 'files'}"
                ": choose another one"
            )
    there = next(parent for parent in place.parents if parent.exists())
    if not there.is_dir():
        raise ValueError(f"{directory}: expected a directory, {there} is a file")
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(13, "permission denied", str(there))
    return place


@contextmanager
def result_folder(place: Path) -> Iterator[Path]:
    """A folder to write files to; at the end of the block it becomes `place`, in one step.

    If the block fails, or the process is killed in it, what was at `place`
    stays as it was. A folder that a killed process left is cleared away by
    the next one that writes to the same place.

    Raises
    ------
    OSError
        If it cannot be written: the disk is full, or the place read-only.
    """
    _clear_away(place)
    with whole_directory(place, _beside(place, "partial"), REMEDY) as folder:
        yield folder


def _beside(place: Path, what: str) -> Path:
    """A hidden sibling that says whose it is."""
    return place.with_name(f".{place.name}.{socket.gethostname()}-{os.getpid()}.{what}")


def _clear_away(place: Path) -> None:
    """Remove what processes of this machine that are dead left; put back an earlier result."""
    host = socket.gethostname()
    for path in place.parent.glob(f".{place.name}.{host}-*"):
        process, _, what = path.name.removeprefix(f".{place.name}.{host}-").partition(".")
        if not process.isdecimal() or psutil.pid_exists(int(process)):
            continue
        if what.endswith(EARLIER) and not place.exists():
            path.rename(place)
        else:
            shutil.rmtree(path, ignore_errors=True)
