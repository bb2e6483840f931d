"""What the machine is, what it can do at best, and what memory a process takes."""

import datetime
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import TypeVar

import torch

Way = TypeVar("Way", bound=Hashable)

SQUARES = (1024, 2048, 4096)
MEGABYTE = 1e6


def description() -> dict[str, str]:
    """Machine, threads, versions and date, for the head of the results."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "threads": str(torch.get_num_threads()),
        "load": f"{os.getloadavg()[0]:.1f}",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
    }


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.is_file():
        lines = described.read_text(encoding="utf-8").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        if names:
            return names[0]
    return platform.processor() or platform.machine()


def matrix_multiply_peak(repeats: int = 5, sizes: tuple[int, ...] = SQUARES) -> float:
    """Floating-point operations a second in float32, the best that square products reach."""
    rates = []
    for size in sizes:
        left, right = torch.randn(size, size), torch.randn(size, size)
        out = torch.empty(size, size)
        torch.mm(left, right, out=out)
        for _ in range(repeats):
            start = time.perf_counter()
            torch.mm(left, right, out=out)
            rates.append(2 * size**3 / (time.perf_counter() - start))
    return max(rates)


def median_seconds(ways: Mapping[Way, Callable[[], object]], repeats: int) -> dict[Way, float]:
    """Median time of each, one after the other in every round, so that all see the same machine."""
    seconds: dict[Way, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def peak_memory() -> float:
    """The most memory that this process ever held, in megabytes.

    On Linux from the kernel's high-water mark: `ru_maxrss` there also knows
    the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        lines = status.read_text(encoding="utf-8").splitlines()
        mark = next(line for line in lines if line.startswith("VmHWM"))
        return float(mark.split()[1]) * 1024 / MEGABYTE
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE
