"""Processes of our own that need not import anything: forks of this one."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import TextIO


@contextmanager
def forked(act: Callable[[], object]) -> Iterator[tuple[BaseProcess, TextIO]]:
    """A process that does it, and all that it says; it is killed if it is alive at the end."""
    reading, writing = os.pipe()
    process = get_context("fork").Process(target=_say, args=(act, writing))
    process.start()
    os.close(writing)
    with open(reading, encoding="utf-8") as said:
        try:
            yield process, said
        finally:
            process.kill()
            process.join()


def _say(act: Callable[[], object], writing: int) -> None:
    for stream in (1, 2):
        os.dup2(writing, stream)
    os.close(writing)
    sys.stdout = sys.stderr = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    act()
