"""Write the address of the project's repository into every file that names it, or take it out.

python scripts/address.py https://github.com/OWNER/NAME    make address REPOSITORY=https://...
python scripts/address.py ""                               make address REPOSITORY=
python scripts/address.py                                  make address

The last writes what is set once more: after a new version, since the tag is part of it.
What is set stands in `_config.yml` (`repository`, `url`). Notebooks hold it in their set-up
cells; `address_places.py` lists the other places.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from address_places import PLACES
from refresh_outputs import read as read_notebook
from refresh_outputs import serialise
from setup_cell import setup_cell

ROOT = Path(__file__).parents[1]
FORM = "https://HOST/OWNER/NAME"
WEB = re.compile(r"https://([\w-]+(?:\.[\w-]+)+)/([\w-]+)/([\w.-]+)", re.ASCII)
LOCAL = "file://"
COLAB = "https://colab.research.google.com/github"
STUDENT = "book/editions/student"
SETUP_TAG = "remove-cell"


@dataclass(frozen=True)
class Address:
    """The address of the repository, and what follows from it."""

    repository: str

    def fields(self, tag: str) -> dict[str, str]:
        """Return what texts can name: `page` on the web alone, what follows it on GitHub alone."""
        fields = {"repository": self.repository, "tag": tag}
        match = WEB.fullmatch(self.repository)
        if match is None:
            return fields
        host, owner, name = match.groups()
        fields["page"] = self.repository
        if host != "github.com":
            return fields
        pages = f"{owner.lower()}.github.io"
        return fields | {
            "slug": f"{owner}/{name}",
            "site": f"https://{pages}" + ("" if name.lower() == pages else f"/{name}"),
            "files": f"{self.repository}/blob/{tag}",
            "launch": f"{COLAB}/{owner}/{name}/blob/{tag}/{STUDENT}",
        }


def parse(text: str) -> Address | None:
    """Return the address that a text says; None for an empty one.

    Raises
    ------
    ValueError
        If it is neither the page of a repository on the web nor the path of a bare one.
    """
    if not text:
        return None
    if text.startswith(LOCAL):
        path = Path(text.removeprefix(LOCAL))
        if path.is_absolute() and (path / "HEAD").is_file() and (path / "objects").is_dir():
            return Address(text)
        raise ValueError(
            f"expected {LOCAL} and the absolute path of a bare repository, got {text!r}: "
            "make one with `git clone --bare . PATH`"
        )
    match = WEB.fullmatch(text)
    if match is None or text.endswith((".git", "/.", "/..")):
        raise ValueError(
            f"expected {FORM}, got {text!r}: give the address of the repository's page, "
            "without .git, a branch or a slash at its end"
        )
    if match.groups()[1:] == ("OWNER", "NAME"):
        raise ValueError(f"expected the names of an owner and of a repository, got {text!r}")
    return Address(text)


def current(root: Path = ROOT) -> Address | None:
    """Return the address that is set."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    repository = config.get("repository", {}).get("url")
    return Address(repository) if repository else None


def version(root: Path = ROOT) -> str:
    """Return the version of the library, from its source."""
    source = (root / "lib/confidence_neurons/__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', source, flags=re.M)
    if found is None:
        raise ValueError(f"expected a line __version__ = ... in {root}'s library, got none")
    return found[1]


def release_tag(root: Path = ROOT) -> str:
    """Return the tag that set-up cells and launch buttons name."""
    return f"v{version(root)}"


def with_setup_cell(path: Path, source: str) -> str:
    """Return the text of a notebook with this set-up cell: its first code cell."""
    notebook = read_notebook(path)
    first = next((cell for cell in notebook.cells if cell.cell_type == "code"), None)
    if first is None or SETUP_TAG not in first.metadata.get("tags", []):
        raise ValueError(
            f"expected the first code cell of {path} to be the set-up cell, tagged {SETUP_TAG!r}: "
            "put one there"
        )
    first.source = source
    return serialise(notebook)


def wanted(root: Path, address: Address | None) -> dict[Path, str]:
    """Return every file that holds the address, with the text that it should have."""
    tag = release_tag(root)
    fields: Mapping[str, str] = address.fields(tag) if address else {}
    cell = setup_cell(address.repository if address else None, tag)
    texts = {path: with_setup_cell(path, cell) for path in sorted(root.glob("book/*.ipynb"))}
    for place in PLACES:
        path = root / place.file
        content = texts.get(path) or path.read_bytes().decode()
        texts[path] = place.written(content, fields)
    return texts


def stale(root: Path = ROOT) -> Iterator[Path]:
    """Yield the files that do not say what `_config.yml` says."""
    for path, text in wanted(root, current(root)).items():
        if path.read_bytes() != text.encode():
            yield path


def write(root: Path, address: Address | None) -> list[Path]:
    """Write the address everywhere, or take it out; return the files that changed.

    All texts are made before the first is written.
    """
    texts = wanted(root, address)
    changed = [path for path, text in texts.items() if path.read_bytes() != text.encode()]
    for path in changed:
        path.write_bytes(texts[path].encode())
    return changed


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("repository", nargs="?", help=f"{FORM}; empty: take the address out")
    repository = parser.parse_args(arguments).repository
    try:
        address = current(ROOT) if repository is None else parse(repository)
        changed = write(ROOT, address)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for path in changed:
        print(f"wrote {path.relative_to(ROOT)}")
    subprocess.run([sys.executable, ROOT / "scripts/editions.py"], check=True)
    print(f"The address is {address.repository}." if address else "The project has no address.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
