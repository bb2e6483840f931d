"""The stages of a run: shown while they last, and how long each took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console


class Stages:
    """Shows each stage on a terminal, and keeps its seconds."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self.seconds: dict[str, float] = {}
        self.begun = time.perf_counter()

    @contextmanager
    def __call__(self, name: str, *, quiet: bool = False) -> Iterator[None]:
        """One stage; `quiet` for one that shows by itself how far it is."""
        begun = time.perf_counter()
        with nullcontext() if quiet else self.console.status(f"{name} ..."):
            yield
        took = time.perf_counter() - begun
        self.seconds[name] = round(self.seconds.get(name, 0) + took, 3)
        self.console.print(f"[green]done[/green] {name} [dim]({took:.1f} s)[/dim]")

    def say(self, text: str) -> None:
        """A line between the stages."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def total(self) -> float:
        """Seconds since the beginning."""
        return round(time.perf_counter() - self.begun, 3)


def peak_memory() -> int:
    """The most memory that this process has held so far, in bytes."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
