"""What is no address is refused, with a reason, before a file is touched."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import address
from address import Address, parse
from address_places import PLACES, Place

ROOT = Path(__file__).parents[2]
GITHUB = "https://github.com/someone/a-book"
REFUSED = {
    "http://github.com/someone/a-book": "https://HOST/OWNER/NAME",
    "github.com/someone/a-book": "https://HOST/OWNER/NAME",
    "git@github.com:someone/a-book.git": "https://HOST/OWNER/NAME",
    "https://github.com/someone": "https://HOST/OWNER/NAME",
    "https://github.com/someone/a-book/": "without .git, a branch or a slash",
    "https://github.com/someone/a-book.git": "without .git, a branch or a slash",
    "https://github.com/someone/a-book/tree/main": "without .git, a branch or a slash",
    "https://github.com/someone/..": "https://HOST/OWNER/NAME",
    "https://github/someone/a-book": "https://HOST/OWNER/NAME",
    "https://me:word@github.com/someone/a-book": "https://HOST/OWNER/NAME",
    "https://github.com/some one/a-book": "https://HOST/OWNER/NAME",
    "https://github.com/someone/a-book?x=1": "https://HOST/OWNER/NAME",
    'https://github.com/someone/a"book': "https://HOST/OWNER/NAME",
    " https://github.com/someone/a-book": "https://HOST/OWNER/NAME",
    "https://github.com/OWNER/NAME": "names of an owner and of a repository",
    "file:///no/such/repository.git": "git clone --bare",
    "file://relative.git": "git clone --bare",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_address_is_refused_with_a_reason(text):
    with pytest.raises(ValueError, match=f"expected .*{re.escape(REFUSED[text])}") as refused:
        parse(text)
    assert repr(text) in str(refused.value)


def test_a_folder_that_is_no_repository_is_refused_and_so_is_a_path_from_here(
    tmp_path, repository, monkeypatch
):
    assert parse(repository) == Address(repository)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="absolute path of a bare repository"):
        parse("file://bare.git")
    for part in ("HEAD", "objects"):
        (tmp_path / "bare.git" / part).rename(tmp_path / part)
        with pytest.raises(ValueError, match="absolute path of a bare repository"):
            parse(repository)
        (tmp_path / part).rename(tmp_path / "bare.git" / part)


def test_a_refused_address_changes_nothing_and_says_so(contents):
    names = [ROOT / place.file for place in PLACES]
    before = [path.read_bytes() for path in names]
    command = [sys.executable, "scripts/address.py", "https://github.com/someone"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "expected https://HOST/OWNER/NAME" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.read_bytes() for path in names] == before


def test_a_place_that_is_gone_stops_it_before_anything_is_written(bare, contents):
    path = bare / "CITATION.cff"
    path.write_text(path.read_text().replace("license: [", "licence: ["))
    before = contents(bare)
    with pytest.raises(ValueError, match=r"expected in CITATION\.cff once one of the texts"):
        address.write(bare, parse(GITHUB))
    assert contents(bare) == before


def test_a_place_that_is_there_twice_is_refused():
    place = Place("a.md", ("none\n", "at {page}\n"))
    assert place.written("none\n", {"page": GITHUB}) == f"at {GITHUB}\n"
    with pytest.raises(ValueError, match="got 2"):
        place.written("none\nat https://elsewhere\n", {})


def test_a_notebook_without_a_set_up_cell_is_refused(bare):
    path = bare / "book" / "01-confidence.ipynb"
    notebook = nbformat.read(path, 4)
    next(cell for cell in notebook.cells if cell.cell_type == "code").metadata.tags = []
    nbformat.write(notebook, path)
    with pytest.raises(ValueError, match=r"first code cell of .*01-confidence.ipynb"):
        address.write(bare, None)
