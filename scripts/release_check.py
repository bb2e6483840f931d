"""Build what a release of HEAD publishes, install it as a reader would, and run a chapter with it.

    python scripts/release_check.py TOOLS

TOOLS is an environment with `build` and `twine`. What was built stays in `dist`.
"""

import os
import shutil
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

from notebook_runs import describe_kernel, run
from refresh_outputs import read

ROOT = Path(__file__).parents[1]
CHAPTER = "01-confidence.ipynb"
MEGABYTES = 15
INSTALL_SECONDS = 60


def build(tools: Path, dist: Path) -> Path:
    """Build sdist and wheel from it, have twine look at both, and return the wheel."""
    shutil.rmtree(dist, ignore_errors=True)
    python = tools / "bin/python"
    with TemporaryDirectory() as place:
        source = Path(place) / "source"
        subprocess.run(["git", "clone", "--quiet", ROOT, source], check=True)
        quiet = {"stdout": subprocess.DEVNULL, "check": True}
        subprocess.run([python, "-m", "build", "--outdir", dist, source], **quiet)
    built = sorted(dist.iterdir())
    subprocess.run([python, "-m", "twine", "check", "--strict", *built], check=True)
    return next(path for path in built if path.suffix == ".whl")


def sizes(wheel: Path) -> Iterator[str]:
    """Yield a complaint about a wheel that is too large."""
    found = wheel.stat().st_size / 1e6
    if found > MEGABYTES:
        yield f"{wheel.name}: expected at most {MEGABYTES} MB, got {found:.1f} MB"


def contents(wheel: Path, committed: set[str]) -> Iterator[str]:
    """Yield complaints about a wheel that holds other files than those committed below lib."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    for name in sorted(committed - packed):
        yield f"{wheel.name} lacks {name}: see package-data in pyproject.toml"
    for name in sorted(packed - committed):
        yield f"{wheel.name} holds {name}, which is not committed below lib"


def committed_files() -> set[str]:
    """Return the files committed below lib, by their names in a wheel."""
    done = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "HEAD:lib"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return set(done.stdout.split("\n")) - {""}


def with_requirements(name: str) -> set[str]:
    """Return a package of this environment and all that it needs, as far as it is there."""
    known: set[str] = set()
    waiting = [name]
    while waiting:
        package = waiting.pop()
        try:
            needed = distribution(package).requires or []
        except PackageNotFoundError:
            continue
        if package not in known:
            known.add(package)
            needs = [Requirement(text) for text in needed]
            waiting += [n.name for n in needs if n.marker is None or n.marker.evaluate()]
    return known


def fresh_environment(place: Path, package: str = "torch") -> Path:
    """Make an environment that has this package alone, linked from this one; return its Python.

    A link costs neither disk nor network, which a download of torch does.
    """
    venv.create(place, with_pip=True)
    python = place / "bin/python"
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python, "-c", asked], stdout=subprocess.PIPE, text=True, check=True)
    packages = Path(done.stdout.strip())
    for name in with_requirements(package):
        for file in distribution(name).files or []:
            source, target = Path(str(file.locate())), packages / file
            if ".." not in file.parts and source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)
                os.link(source, target)
    return python


def install(python: Path, wheel: Path) -> tuple[float, Iterator[str]]:
    """Install a wheel; return the seconds it took, and complaints."""
    before = _version(python, "torch")
    start = time.perf_counter()
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True)
    seconds = time.perf_counter() - start
    return seconds, _installed(seconds, before, _version(python, "torch"))


def _installed(seconds: float, before: str, after: str) -> Iterator[str]:
    if seconds > INSTALL_SECONDS:
        busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        yield f"expected to install within {INSTALL_SECONDS} s, got {seconds:.0f} s ({busy})"
    if before != after:
        yield f"expected torch to stay at {before}, got {after}"


def _version(python: Path, package: str) -> str:
    code = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
    done = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def chapter(python: Path, place: Path) -> Iterator[str]:
    """Run a chapter with this Python; yield a complaint where it fails."""
    subprocess.run([python, "-m", "pip", "install", "--quiet", "ipykernel"], check=True)
    os.environ["JUPYTER_PATH"] = str(place)
    os.environ.pop("PYTHONPATH", None)
    ran = run(read(ROOT / "book" / CHAPTER), CHAPTER, describe_kernel(python, place))
    print(f"{CHAPTER}: {ran}", flush=True)
    if ran.complaint:
        yield f"{CHAPTER} failed with the installed wheel"


def main(tools: Path) -> int:
    """Check a release; return the exit status."""
    wheel = build(tools, ROOT / "dist")
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB", flush=True)
    complaints = [*sizes(wheel), *contents(wheel, committed_files())]
    with TemporaryDirectory(dir=ROOT / ".venv") as place:
        python = fresh_environment(Path(place) / "fresh")
        seconds, more = install(python, wheel)
        print(f"Installed beside torch {_version(python, 'torch')} in {seconds:.0f} s", flush=True)
        complaints += [*more, *chapter(python, Path(place))]
    for complaint in complaints:
        print(f"FAILED: {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
