"""Copies of what the address stands in, and the smallest site that has a chapter."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import address
from address_places import PLACES

ROOT = Path(__file__).parents[2]
VERSION_FILE = "lib/confidence_neurons/__init__.py"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with the files that the address stands in, as they are; of notebooks two."""
    for name in {*(place.file for place in PLACES), VERSION_FILE, "book/01-confidence.ipynb"}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def bare(house: Path) -> Path:
    """The same without an address."""
    address.write(house, None)
    return house


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Read all files below a folder."""

    def read(folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    return read


@pytest.fixture
def tiny_book(tmp_path: Path) -> Path:
    """A book of one page and one chapter, of which there is a student edition."""
    book = tmp_path / "tiny-book"
    (book / "editions" / "student").mkdir(parents=True)
    (book / "index.md").write_text("# Title\n\nFirst words.\n\n```{toctree}\n01-one\n```\n")
    notebook = new_notebook(cells=[new_markdown_cell("# One\n\nA chapter."), new_code_cell("1")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "python"}
    for place in (book, book / "editions" / "student"):
        nbformat.write(notebook, place / "01-one.ipynb")
    return book


@pytest.fixture
def repository(tmp_path: Path) -> str:
    """The address of a bare repository on the disk."""
    place = tmp_path / "bare.git"
    subprocess.run(["git", "init", "--quiet", "--bare", place], check=True)
    return f"file://{place}"
