"""The address stands everywhere or nowhere, and what is taken out leaves the files as they were."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

import address
from address import Address, parse
from address_places import PLACES
from setup_cell import setup_cell

ROOT = Path(__file__).parents[2]
GITHUB = "https://github.com/someone/a-book"
SITE = "https://someone.github.io/a-book"
ELSEWHERE = "https://code.example.org/someone/a-book"
TAG = address.release_tag()
FILES = f"{GITHUB}/blob/{TAG}"
LAUNCH = f"https://colab.research.google.com/github/someone/a-book/blob/{TAG}/book/editions/student"
FORMER = "confidence-neurons/confidence-neurons"


def test_every_file_says_what_is_set():
    assert list(address.stale(ROOT)) == []


def test_no_file_names_a_repository_that_is_not_the_one_set():
    done = subprocess.run(["git", "grep", "-lI", FORMER], cwd=ROOT, capture_output=True, text=True)
    named = address.current(ROOT)
    if named is None or not named.repository.endswith(FORMER):
        assert done.stdout.split() == ["tests/publication/test_address.py"]


@pytest.mark.parametrize("text", [GITHUB, ELSEWHERE])
def test_there_and_back_gives_the_same_bytes(bare, contents, text):
    before = contents(bare)
    assert address.write(bare, parse(text))
    assert contents(bare) != before
    assert address.write(bare, None)
    assert contents(bare) == before


def test_from_one_address_to_another_is_as_from_none(bare, contents):
    address.write(bare, parse(GITHUB))
    once = contents(bare)
    address.write(bare, parse(ELSEWHERE))
    address.write(bare, parse(GITHUB))
    assert contents(bare) == once


@pytest.mark.parametrize("text", ["", GITHUB])
def test_a_second_time_changes_nothing(bare, text):
    address.write(bare, parse(text))
    assert address.write(bare, parse(text)) == []
    assert list(address.stale(bare)) == []


def test_without_an_address_no_file_names_one(bare):
    assert address.current(bare) is None
    for place in PLACES:
        text = (bare / place.file).read_text(encoding="utf-8")
        assert place.text({}) == place.texts[0]
        assert place.texts[0] in text
        assert not re.search(r"github\.com/[\w-]+/|(?<!vega\.)github\.io|colab\.res", text), (
            place.file
        )


def test_what_is_read_by_others_holds_the_address(bare):
    address.write(bare, parse(GITHUB))
    assert address.current(bare) == Address(GITHUB)
    config = yaml.safe_load((bare / "_config.yml").read_text())
    assert config["repository"] == {"url": GITHUB}
    assert config["sphinx"]["config"]["site_address"] == SITE
    assert config["sphinx"]["config"]["launch_address"] == LAUNCH
    citation = yaml.safe_load((bare / "CITATION.cff").read_text())
    assert (citation["repository-code"], citation["url"]) == (GITHUB, f"{SITE}/index.html")
    project = tomllib.loads((bare / "pyproject.toml").read_text())["project"]
    assert project["urls"] == {
        "Homepage": f"{SITE}/index.html",
        "Repository": GITHUB,
        "Changelog": f"{FILES}/CHANGELOG.md",
    }
    assert project["scripts"]
    links = yaml.safe_load((bare / ".github/ISSUE_TEMPLATE/config.yml").read_text())
    assert [link["url"] for link in links["contact_links"]] == [f"{SITE}/index.html"]


@pytest.mark.parametrize(
    ("file", "link"),
    [
        ("README.md", f"({SITE}/index.html)"),
        ("README.md", f"({LAUNCH}/01-confidence.ipynb)"),
        ("LICENSE-text", f"    {GITHUB}, CC-BY-4.0."),
        ("book/index.md", f"[repository]({GITHUB})"),
        ("book/command.md", f"[workflow]({FILES}/workflows/scan)"),
        ("book/09-training-dynamics.ipynb", f"[workflow]({FILES}/workflows/scan)"),
    ],
)
def test_texts_link_to_it(bare, file, link):
    address.write(bare, parse(GITHUB))
    assert link in (bare / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", GITHUB, ELSEWHERE])
def test_every_notebook_has_the_set_up_cell_and_nothing_else_changes(bare, text):
    before = {path: nbformat.read(path, 4) for path in bare.glob("book/*.ipynb")}
    assert before
    address.write(bare, parse(text))
    for path, old in before.items():
        new = nbformat.read(path, 4)
        assert len(new.cells) == len(old.cells)
        changed = [cell for cell, was in zip(new.cells, old.cells, strict=True) if cell != was]
        first = next(cell for cell in new.cells if cell.cell_type == "code")
        assert first.source == setup_cell(text or None, TAG)
        assert [cell for cell in changed if cell.cell_type == "code"] == ([first] if text else [])


@pytest.mark.parametrize("workflow", ["pages", "release", "weekly"])
def test_workflows_that_publish_run_in_the_projects_own_repository_alone(bare, workflow):
    path = bare / ".github" / "workflows" / f"{workflow}.yml"

    def first_job() -> dict:
        return next(iter(yaml.safe_load(path.read_text())["jobs"].values()))

    assert first_job()["if"] == "github.repository == ''"
    address.write(bare, parse(GITHUB))
    assert first_job()["if"] == "github.repository == 'someone/a-book'"
    address.write(bare, parse(ELSEWHERE))
    assert first_job()["if"] == "github.repository == ''"


def test_a_host_that_is_not_github_has_no_site_and_no_colab(bare):
    address.write(bare, parse(ELSEWHERE))
    config = yaml.safe_load((bare / "_config.yml").read_text())["sphinx"]["config"]
    assert not {"site_address", "launch_address"} & set(config)
    for file in ("README.md", "book/command.md"):
        assert "example.org" not in (bare / file).read_text(encoding="utf-8")
    assert ELSEWHERE in (bare / "book/index.md").read_text(encoding="utf-8")


def test_a_repository_on_the_disk_stands_in_no_link(bare, repository):
    changed = address.write(bare, parse(repository))
    suffixes = {path.relative_to(bare).as_posix(): path.suffix for path in changed}
    assert {name for name, suffix in suffixes.items() if suffix != ".ipynb"} == {"_config.yml"}
    assert len(suffixes) > 1


def test_after_a_new_version_the_tag_is_written_anew(bare, contents):
    address.write(bare, parse(GITHUB))
    module = bare / "lib/confidence_neurons/__init__.py"
    source = module.read_text()
    module.write_text(source.replace(f'__version__ = "{TAG[1:]}"', '__version__ = "7.8.9"'))
    assert address.release_tag(bare) == "v7.8.9"
    names = {path.name for path in address.stale(bare)}
    assert {"_config.yml", "README.md", "pyproject.toml", "01-confidence.ipynb"} <= names
    address.write(bare, address.current(bare))
    assert not any(f"{TAG}/".encode() in text for text in contents(bare).values())
    address.write(bare, None)
    module.write_text(source)
    assert list(address.stale(bare)) == []


def test_the_site_of_a_users_own_pages_has_no_folder():
    fields = Address("https://github.com/Some-One/some-one.github.io").fields("v1")
    assert fields["site"] == "https://some-one.github.io"


@pytest.mark.parametrize(
    ("given", "asked"),
    [([], None), ([""], None), ([GITHUB], GITHUB)],
    ids=["again", "out", "in"],
)
def test_the_command_writes_and_makes_the_editions_anew(bare, monkeypatch, capsys, given, asked):
    ran = []
    address.write(bare, parse(ELSEWHERE) if given else None)
    monkeypatch.setattr(address, "ROOT", bare)
    monkeypatch.setattr(address.subprocess, "run", lambda command, check: ran.append(command))
    assert address.main(given) == 0
    assert address.current(bare) == (Address(asked) if asked else None)
    assert ran == [[sys.executable, bare / "scripts/editions.py"]]
    said = capsys.readouterr().out
    assert ("wrote _config.yml\n" in said) == bool(given)
    assert said.endswith(f"The address is {asked}.\n" if asked else "The project has no address.\n")


@pytest.mark.parametrize(
    ("words", "arguments"),
    [([], ""), (["REPOSITORY="], " ''"), ([f"REPOSITORY={GITHUB}"], f" '{GITHUB}'")],
    ids=["again", "out", "in"],
)
def test_make_hands_the_address_on(words, arguments):
    command = ["make", "--dry-run", "--old-file=.venv/.installed", "address", *words]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, env=outside
    )  # `make test` tells its own makes to say more
    assert done.stdout.rstrip().splitlines()[-1].rstrip().endswith(f"address.py{arguments}")
