"""What a run writes and reads again: tables that repeat byte for byte, tensors, damage named."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from safetensors import SafetensorError, safe_open
from torch import Tensor


def write_table(table: pd.DataFrame, path: Path, digits: int = 5) -> None:
    """A table as compressed CSV: under one name always the same bytes; floats with `digits`."""
    zipped = {"method": "gzip", "mtime": 0}
    table.to_csv(path, index=False, float_format=f"%.{digits}g", compression=zipped)


def read_tensors(path: Path, remedy: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file.

    Parameters
    ----------
    path : Path
        The file.
    remedy : str
        What to do if it is damaged, for the message.

    Returns
    -------
    tuple
        Tensors by their names, and the metadata.

    Raises
    ------
    ValueError
        If the file is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        raise damaged(path, str(error), remedy) from None


def expect_shapes(
    path: Path, tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor], remedy: str
) -> None:
    """Refuse tensors of `path` that differ from the wanted ones in their names or shapes.

    Raises
    ------
    ValueError
        If they do.
    """
    for name in sorted(tensors.keys() | wanted.keys()):
        expected, got = (
            list(some[name].shape) if name in some else "none" for some in (wanted, tensors)
        )
        if expected != got:
            raise damaged(path, f"expected {name} of shape {expected}, got {got}", remedy)


def damaged(path: Path, reason: str, remedy: str) -> ValueError:
    """The error that names a damaged file and says what to do."""
    return ValueError(f"{path} is damaged: {reason}. {remedy}")
