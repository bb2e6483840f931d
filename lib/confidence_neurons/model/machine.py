"""What the machine has left, memory and disk: to refuse early what would fail late."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from confidence_neurons.files import explained

if TYPE_CHECKING:
    import torch

GB = 1e9


def need_memory(needed: int, what: str, device: torch.device | None = None) -> None:
    """Refuse what needs more memory than is free, on a device or, without one, in the machine.

    Raises
    ------
    MemoryError
        With both numbers.
    """
    free = free_memory(device)
    if free < needed:
        raise MemoryError(
            f"{what}: expected {needed / GB:.1f} GB of free memory, got {free / GB:.1f} GB: end "
            'other programs, hold the weights in another type (load_light(..., dtype="bfloat16")), '
            "or take a smaller model or a larger machine"
        )


def free_memory(device: torch.device | None) -> int:
    """Bytes that are free."""
    if device is not None and device.type == "cuda":
        import torch

        return torch.cuda.mem_get_info(device)[0]
    import psutil

    return psutil.virtual_memory().available


def need_space(directory: Path, needed: int, remedy: str) -> None:
    """Refuse to begin where the disk has no room for so many bytes; the directory is made.

    Raises
    ------
    OSError
        With both numbers.
    """
    with explained(directory, remedy):
        directory.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(directory).free
    if free < needed:
        raise OSError(
            f"cannot write to {directory}: expected {needed / GB:.2f} GB of free disk, got "
            f"{free / GB:.2f} GB. {remedy}"
        )
