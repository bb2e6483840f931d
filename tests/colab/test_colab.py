"""What `make colab` does with a notebook, an address and a chapter's name."""

import subprocess

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from colab import EDITIONS, chosen, in_time, only_setup, publish
from notebook_runs import Ran

ADDRESS = """\
import sys
from pathlib import Path
(Path(__file__).parents[1] / "book/cell").write_text(sys.argv[1])
"""


def git(*arguments, cwd):
    done = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def source(tmp_path):
    """A project small enough to be published in no time."""
    files = {
        "lib/confidence_neurons/__init__.py": '__version__ = "9.8.7"\n',
        "scripts/address.py": ADDRESS,
        "book/cell": "no address\n",
    }
    for name, text in files.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    place = tmp_path / "source"
    author = ("-c", "user.name=Tester", "-c", "user.email=tester@localhost")
    git("init", "--quiet", cwd=place)
    git("add", ".", cwd=place)
    git(*author, "commit", "--quiet", "-m", "All", cwd=place)
    return place


def test_a_release_is_published_in_a_bare_repository_at_its_tag(source, tmp_path):
    clone = publish(source, tmp_path)
    bare = tmp_path / "book.git"
    assert git("show", "v9.8.7:book/cell", cwd=bare) == f"file://{bare}"
    assert (clone / "book/cell").read_text() == f"file://{bare}"
    assert (source / "book/cell").read_text() == "no address\n"


def test_a_commit_that_no_branch_names_is_published_too(source, tmp_path):
    git("checkout", "--quiet", "--detach", cwd=source)
    publish(source, tmp_path)
    assert git("tag", cwd=tmp_path / "book.git") == "v9.8.7"


def test_the_repository_sends_parts_as_github_does(source, tmp_path):
    publish(source, tmp_path)
    part = ("clone", "--quiet", "--filter=blob:none", f"file://{tmp_path}/book.git", "part")
    git(*part, cwd=tmp_path)
    assert git("config", "remote.origin.partialclonefilter", cwd=tmp_path / "part") == "blob:none"


@pytest.fixture
def clone(tmp_path):
    for folder in EDITIONS.values():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for name in ("01-confidence", "02-null-space", "across-models"):
            (tmp_path / folder / f"{name}.ipynb").touch()
    return tmp_path


def test_all_chapters_of_all_editions_are_chosen(clone):
    assert len(list(chosen(clone, [], list(EDITIONS)))) == 9


def test_chapters_are_chosen_by_how_their_names_begin(clone):
    found = list(chosen(clone, ["02", "across"], ["student"]))
    folder = clone / "book/editions/student"
    assert found == [
        ("student", folder / "02-null-space.ipynb"),
        ("student", folder / "across-models.ipynb"),
    ]


def test_an_unknown_chapter_is_refused(clone):
    with pytest.raises(ValueError, match=r"got '77'; the student edition has 01-confidence, "):
        list(chosen(clone, ["77"], ["student"]))


def test_the_set_up_cell_is_the_first_with_code():
    cells = [new_markdown_cell("Text"), new_code_cell("setup"), new_code_cell("rest")]
    [cell] = only_setup(new_notebook(cells=cells)).cells
    assert cell.source == "setup"


def test_a_slow_set_up_is_a_failure():
    assert in_time(Ran(15, 20)).complaint == ""
    assert in_time(Ran(15.1, 20)).complaint.startswith(
        "expected a set-up of at most 15 s, got 15.1"
    )
