"""Models that were converted, kept in the user's cache: whole, recorded, and verified.

`models/<name>` is a directory in Hugging Face format; its record `made.json`
says what it was made from and the SHA-256 of each file. It is made in
`making/<name>`, by one process at a time, and put into its place when it is
whole. A damaged one is noticed when it is used, and made again.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from confidence_neurons.files import only_process, sha256, whole_directory
from confidence_neurons.model.gguf import convert, read_header
from confidence_neurons.model.machine import need_memory, need_space

VARIABLE = "CONFIDENCE_NEURONS_CACHE"
RECORD = "made.json"
CONVERTERS = ("gguf", "transformers")
REMEDY = (
    f"Make room or allow writing there, or set {VARIABLE} to another directory, then try again: "
    "nothing half-written was left"
)
BYTES_A_NUMBER = 4
CONVERTING_COPIES = 2.2  # 1.7 measured with 135 million weights


def cache_directory() -> Path:
    """Where models are kept: what CONFIDENCE_NEURONS_CACHE says, or the user's cache."""
    import platformdirs

    chosen = os.environ.get(VARIABLE, "").strip()
    return (
        Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("confidence-neurons")
    )


def kept_directory(name: str) -> Path:
    """Where a model of this name lies, if it was made."""
    return cache_directory() / "models" / name


def is_kept(name: str) -> bool:
    """Whether a model of this name was made; what is in it is verified when it is used."""
    return (kept_directory(name) / RECORD).is_file()


def kept(
    name: str,
    source: Mapping[str, Any],
    obtain: Callable[[Path], Path],
    beside: Callable[[Path], Mapping[str, bytes]] = lambda workshop: {},
) -> Path:
    """Directory of a converted model, which is made first if it is not there, whole.

    Parameters
    ----------
    name : str
        Under which it is kept.
    source : mapping
        What it is made from, for the record.
    obtain : function
        From the directory where it is made to the GGUF file.
    beside : function
        From the same directory to the files that lie beside the model.

    Returns
    -------
    Path
        In Hugging Face format, every file verified.

    Raises
    ------
    OSError
        If nothing can be written in the cache.
    ValueError, NotImplementedError
        If the GGUF file is damaged or cannot be read.
    """
    directory = kept_directory(name)
    if complaint(directory) is None:
        return directory
    workshop = cache_directory() / "making" / name
    with only_process(workshop, wait=True, remedy=REMEDY):
        found = complaint(directory)
        if found is None:  # another process was faster
            return directory
        if directory.exists():
            say(f"{directory} is damaged ({found}): it is made again")
        file = obtain(workshop)
        weights = read_header(file).numbers * BYTES_A_NUMBER
        need_space(workshop, weights, REMEDY)
        need_memory(round(CONVERTING_COPIES * weights), f"converting {file}")
        say(f"{name}: converting to float32, once")
        with whole_directory(directory, workshop / "partial", REMEDY) as partial:
            convert(file, partial)
            for other, content in beside(workshop).items():
                (partial / other).write_bytes(content)
            write_record(partial, source)
        for left in workshop.iterdir():
            if left.is_file() and left.name != "lock":
                left.unlink()
        say(f"{name}: kept in {directory}")
    return directory


def write_record(directory: Path, source: Mapping[str, Any]) -> None:
    """Record what a directory was made from and what is in it."""
    record = {
        "source": dict(source),
        "made_with": {library: version(library) for library in CONVERTERS},
        "files": {file.name: sha256(file) for file in sorted(directory.iterdir())},
    }
    (directory / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def complaint(directory: Path) -> str | None:
    """What is wrong with a directory that was made; None if nothing is."""
    try:
        files = json.loads((directory / RECORD).read_text(encoding="utf-8"))["files"].items()
        for name, expected in files:
            found = sha256(directory / name)
            if found != expected:
                return f"{name}: expected SHA-256 {expected}, got {found}"
    except OSError as error:
        return f"{Path(str(error.filename)).name}: {error.strerror}"
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return f"{RECORD} is damaged: {error!r}"
    return None


def say(message: str) -> None:
    """Tell what is being done: it takes a while."""
    print(message, file=sys.stderr, flush=True)
