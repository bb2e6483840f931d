"""Files of a run: for one process at a time, and each of them whole or not there."""

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from safetensors import SafetensorError, safe_open
from torch import Tensor

FAR_BEYOND = 2**30  # Windows locks bytes: one that nobody reads


@contextmanager
def only_process(directory: Path) -> Iterator[None]:
    """Keep other processes out of `directory` for as long as the block runs.

    The operating system holds the lock on the file `lock` and gives it back
    when the process ends, however it ends; the file itself stays.

    Parameters
    ----------
    directory : Path
        Is made if it is not there.

    Raises
    ------
    BlockingIOError
        If another process is at work there.
    OSError
        If nothing can be written there.
    """
    with _explained(directory):
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / "lock").open("a+b", buffering=0)
    with file:
        try:
            with _explained(directory, but=BlockingIOError):
                _lock(file)
        except BlockingIOError:
            file.seek(0)
            process = file.read().decode(errors="replace").strip() or "unknown"
            raise BlockingIOError(
                f"another process (id {process}) is at work in {directory}: wait for its end, "
                "end it, or choose another directory"
            ) from None
        with _explained(directory):
            file.truncate(0)
            file.write(str(os.getpid()).encode())
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(FAR_BEYOND)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(str(error)) from None

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def whole_files(directory: Path) -> Iterator[Path]:
    """Write files so that each is the old or the new one, whenever the process is killed.

    Parameters
    ----------
    directory : Path
        Where the files go; is made if it is not there.

    Yields
    ------
    Path
        A folder to write them to. At the end of the block they are flushed to
        the disk and moved from there, in the order of their names. If the
        block fails, none is.

    Raises
    ------
    OSError
        If they cannot be written: the disk is full, or `directory` read-only.
    """
    partial = directory / ".partial"
    with _explained(directory):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            yield partial
            files = sorted(partial.iterdir())
            for file in files:
                with file.open("rb+") as written:
                    os.fsync(written.fileno())
            for file in files:
                file.replace(directory / file.name)
            _flush_names(directory)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def _flush_names(directory: Path) -> None:
    """Make the moves last through a power cut; Windows has no such call for directories."""
    if os.name == "posix":
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _explained(directory: Path, but: type[OSError] | tuple[()] = ()) -> Iterator[None]:
    """Say where writing failed and what to do; libraries in Rust have no OSError for it."""
    try:
        yield
    except but:
        raise
    except Exception as error:
        if not isinstance(error, OSError) and "(os error" not in str(error):
            raise
        raise OSError(
            f"cannot write to {directory}: {getattr(error, 'strerror', None) or error}. Make room "
            "or allow writing there, then give the same command again: what is finished is kept"
        ) from error
