"""A machine as Colab's: its Python and, in an environment of its own, what it has installed."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PYTHON = "3.13"
COLAB_VERSIONS = Path(__file__).with_name("colab.txt")
PIN = re.compile(r"([\w.-]+)\s*(?:==\s*(\S+)|@\s*\S*/[\w.]+-(\d[^-%+]*)\S*)")
LIBRARY = "confidence-neurons"
# Where a Python lies that is not on the path: pyenv's, uv's.
ELSEWHERE = (
    f".pyenv/versions/{PYTHON}.*/bin/python{PYTHON}",
    f".local/share/uv/python/cpython-{PYTHON}.*/bin/python{PYTHON}",
)
GPU = "import torch; print(torch.__version__, torch.version.cuda, torch.cuda.is_available())"


def versions_in(text: str) -> dict[str, str]:
    """Return the versions that a list of `pip freeze` names, those from an address too."""
    found = (PIN.match(line) for line in text.splitlines())
    return {normal(pin[1]): pin[2] or pin[3] for pin in found if pin}


def normal(name: str) -> str:
    """Return a package's name as the package index writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def colab_versions(newer: Path | None = None) -> dict[str, str]:
    """Return what Colab has, by package; `newer` is a list of `pip freeze` with later versions."""
    known = versions_in(COLAB_VERSIONS.read_text(encoding="utf-8"))
    later = versions_in(newer.read_text(encoding="utf-8")) if newer else {}
    return {name: later.get(name, version) for name, version in known.items()}


def find_python(given: str | None = None, home: Path | None = None) -> Path:
    """Return a Python of Colab's version.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    places = [given] if given else [f"python{PYTHON}", *_elsewhere(home or Path.home())]
    for place in places:
        found = shutil.which(place)
        if found and _version_of(found) == PYTHON:
            return Path(found)
    raise FileNotFoundError(
        f"expected Python {PYTHON}, which Colab has, got none ({', '.join(places)} tried): "
        "install it (`pyenv install 3.13`, `uv python install 3.13`), or say where it is: "
        "make colab COLAB_PYTHON=PATH"
    )


def _elsewhere(home: Path) -> list[str]:
    return [str(path) for pattern in ELSEWHERE for path in sorted(home.glob(pattern))]


def _version_of(python: str) -> str:
    code = "import sys; print('{}.{}'.format(*sys.version_info))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.strip()


@dataclass(frozen=True)
class Machine:
    """An environment with what Colab has.

    Attributes
    ----------
    place : Path
        Its directory.
    versions : mapping
        What Colab has, by package.
    """

    place: Path
    versions: Mapping[str, str]

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.place / "bin/python"

    @property
    def stamp(self) -> Path:
        """The record of what it was made of."""
        return self.place / "made-of.json"

    def make(self, python: Path, torch_index: str) -> bool:
        """Make the environment, unless it is there as it was made; say whether it was made."""
        wanted = {"python": str(python), "versions": dict(self.versions)}
        if self._made() == wanted and self.as_made().items() <= self.packages().items():
            return False
        subprocess.run([python, "-m", "venv", "--clear", self.place], check=True)
        self._install_cpu_build(torch_index)
        self.pip("install", *(f"{name}=={version}" for name, version in self.versions.items()))
        self.stamp.write_text(json.dumps(wanted | {"packages": self.packages()}), encoding="utf-8")
        return True

    def _install_cpu_build(self, index: str) -> None:
        """Install the CPU build of torch, if its index can be reached: otherwise PyPI's follows."""
        asked = ["--no-deps", "--index-url", index, "--retries", "0", "--timeout", "30"]
        command = [self.python, "-m", "pip", "install", "--quiet", *asked]
        if index:
            subprocess.run(
                [*command, f"torch=={self.versions['torch']}"], stderr=subprocess.DEVNULL
            )

    def as_made(self) -> dict[str, str]:
        """Return what was installed when the environment was made."""
        return json.loads(self.stamp.read_text(encoding="utf-8"))["packages"]

    def _made(self) -> dict[str, object]:
        """Return what the environment was made of; nothing if it is not there."""
        if not self.stamp.is_file():
            return {}
        made = json.loads(self.stamp.read_text(encoding="utf-8"))
        return {key: made[key] for key in ("python", "versions")}

    def pip(self, command: str, *arguments: str) -> None:
        """Run its pip."""
        subprocess.run([self.python, "-m", "pip", command, "--quiet", *arguments], check=True)

    def packages(self) -> dict[str, str]:
        """Return what is installed."""
        done = subprocess.run(
            [self.python, "-m", "pip", "list", "--format", "json"],
            stdout=subprocess.PIPE,
            check=True,
        )
        return {normal(entry["name"]): entry["version"] for entry in json.loads(done.stdout)}

    def forget(self, packages: Iterable[str] | None = None) -> None:
        """Uninstall packages; by default all that came after it was made."""
        there = self.packages()
        unwanted = set(there) - set(self.as_made()) if packages is None else set(packages)
        if unwanted & set(there):
            self.pip("uninstall", "--yes", *sorted(unwanted & set(there)))

    def differences(self) -> list[str]:
        """Return in words how it differs from Colab's."""
        there = self.packages()
        torch, cuda, gpu = self._says(GPU).split()
        build = "CPU" if cuda == "None" else f"CUDA {cuda}"
        told = [
            f"torch {torch} is the {build} build, {'with' if gpu == 'True' else 'without'} a GPU; "
            "Colab has the CPU build in a runtime without a GPU, the CUDA build in one with it"
        ]
        told += [
            f"{name} is {there.get(name, 'not there')}, Colab has {version}"
            for name, version in self.versions.items()
            if there.get(name, "").partition("+")[0] != version.partition("+")[0]
        ]
        return [*told, "Colab's frontend and its other packages are not here"]

    def _says(self, code: str) -> str:
        done = subprocess.run([self.python, "-c", code], stdout=subprocess.PIPE, text=True)
        return done.stdout
