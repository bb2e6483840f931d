"""Every refusal as one paragraph on stderr and an exit code: no traceback, whatever went wrong."""

import errno
import os
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import typer

P = ParamSpec("P")
R = TypeVar("R")

REFUSED, INTERRUPTED = 1, 130
TRACEBACK = "CONFIDENCE_NEURONS_TRACEBACK"  # set to see where an error comes from
LONGEST = 1200  # characters of a message
ADVICE = {
    errno.ENOSPC: "the disk is full: make room, or choose another place",
    errno.EDQUOT: "the disk quota is used up: make room, or choose another place",
    errno.EACCES: "permission denied: choose another place, or allow it",
    errno.EROFS: "the file system is read-only: choose another place",
}
OUT_OF_MEMORY = (
    "the machine has too little free memory: take fewer tokens, a smaller --memory-budget, a "
    "smaller --dtype, or a smaller model"
)
REFUSALS = (
    ValueError,
    TypeError,
    NotImplementedError,
    OSError,
    MemoryError,
)  # what the library raises


def told(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose errors are told in words."""

    @wraps(command)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            _end("interrupted", INTERRUPTED)
        except Exception as error:
            if is_usage(error) or os.environ.get(TRACEBACK):
                raise
            _end(in_words(error), REFUSED)

    return call


def is_usage(error: Exception) -> bool:
    """Whether this is about the command line, which the parser tells itself."""
    return type(error).__module__.startswith(("click", "typer"))


def in_words(error: Exception) -> str:
    """What went wrong, in one paragraph."""
    text = str(error)
    if _is_torch_out_of_memory(error) or (isinstance(error, MemoryError) and not text):
        return OUT_OF_MEMORY
    if isinstance(error, OSError) and error.errno in ADVICE:
        where = f"{error.filename}: " if error.filename else ""
        text = f"{where}{ADVICE[error.errno]}"
    elif isinstance(error, OSError) and error.strerror and error.filename:
        text = f"{error.filename}: {error.strerror}"
    elif not isinstance(error, REFUSALS):
        text = f"unexpected {type(error).__name__}: {text} (set {TRACEBACK}=1 to see where)"
    return _one_paragraph(text or type(error).__name__)


def _one_paragraph(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST] + " ..."


def _is_torch_out_of_memory(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text
    )


def _end(message: str, code: int) -> NoReturn:
    typer.echo(f"confidence-neurons: {message}", err=True)
    raise typer.Exit(code)
