"""Files that are written: by one process at a time, and each of them whole or not there."""

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

FAR_BEYOND = 2**30  # Windows locks bytes: one that nobody reads
REMEDY = (
    "Make room or allow writing there, then give the same command again: what is finished is kept"
)
SECONDS_BETWEEN_TRIES = 0.2
EARLIER = ".earlier"  # what a directory is called for the moment in which it is replaced


@contextmanager
def only_process(directory: Path, *, wait: bool = False, remedy: str = REMEDY) -> Iterator[None]:
    """Keep other processes out of `directory` for as long as the block runs.

    The operating system holds the lock on the file `lock` and gives it back
    when the process ends, however it ends; the file itself stays.

    Parameters
    ----------
    directory : Path
        Is made if it is not there.
    wait : bool
        Wait for another process that is at work there.
    remedy : str
        What to do where nothing can be written, for the message.

    Raises
    ------
    BlockingIOError
        If another process is at work there, and this one does not wait for it.
    OSError
        If nothing can be written there.
    """
    with explained(directory, remedy):
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / "lock").open("a+b", buffering=0)
    with file:
        try:
            with explained(directory, remedy, but=BlockingIOError):
                _lock(file, wait)
        except BlockingIOError:
            file.seek(0)
            process = file.read().decode(errors="replace").strip() or "unknown"
            raise BlockingIOError(
                f"another process (id {process}) is at work in {directory}: wait for its end, "
                "end it, or choose another directory"
            ) from None
        with explained(directory, remedy):
            file.truncate(0)
            file.write(str(os.getpid()).encode())
        yield


def _lock(file: BinaryIO, wait: bool) -> None:
    told = False
    while True:
        try:
            return _try_to_lock(file)
        except BlockingIOError:
            if not wait:
                raise
        if not told:
            print(
                f"waiting for another process, at work in {Path(file.name).parent}", file=sys.stderr
            )
            told = True
        time.sleep(SECONDS_BETWEEN_TRIES)


if sys.platform == "win32":
    import msvcrt

    def _try_to_lock(file: BinaryIO) -> None:
        file.seek(FAR_BEYOND)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(str(error)) from None

else:
    import fcntl

    def _try_to_lock(file: BinaryIO) -> None:
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
    with explained(directory):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            yield partial
            files = sorted(partial.iterdir())
            _flush(files)
            for file in files:
                file.replace(directory / file.name)
            _flush_names(directory)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def whole_directory(directory: Path, partial: Path, remedy: str = REMEDY) -> Iterator[Path]:
    """Write a directory so that it is there with all its files, or not at all.

    Parameters
    ----------
    directory : Path
        Where it goes; one that is there is replaced.
    partial : Path
        Where it is written first: on the same file system, and nobody else's.
    remedy : str
        What to do where it cannot be written, for the message.

    Yields
    ------
    Path
        `partial`, empty. At the end of the block its files are flushed to the
        disk, and it is renamed. If the block fails, it is removed.

    Raises
    ------
    OSError
        If it cannot be written: the disk is full, or the place read-only.
    """
    with explained(directory, remedy):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        directory.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            _flush(partial.iterdir())
            _put(partial, directory)
            _flush_names(directory.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _put(partial: Path, directory: Path) -> None:
    """Move a directory to its place; what is there goes when the new one has come."""
    if not directory.exists():
        partial.replace(directory)
        return
    earlier = partial.with_name(partial.name + EARLIER)
    directory.replace(earlier)
    try:
        partial.replace(directory)
    except OSError:
        earlier.replace(directory)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(files: Iterable[Path]) -> None:
    for file in files:
        with file.open("rb+") as written:
            os.fsync(written.fileno())


def _flush_names(directory: Path) -> None:
    """Make the moves last through a power cut; Windows has no such call for directories."""
    if os.name == "posix":
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def explained(
    directory: Path, remedy: str = REMEDY, but: type[OSError] | tuple[()] = ()
) -> Iterator[None]:
    """Say where writing failed and what to do; libraries in Rust have no OSError for it."""
    try:
        yield
    except but:
        raise
    except Exception as error:
        if not isinstance(error, OSError) and "(os error" not in str(error):
            raise
        raise OSError(
            f"cannot write to {directory}: {getattr(error, 'strerror', None) or error}. {remedy}"
        ) from error
