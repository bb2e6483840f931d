"""The set-up cell: what it installs, what it leaves alone, what it says."""

import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec

import pytest
from IPython.core.interactiveshell import InteractiveShell

from setup_cell import setup_cell

PUBLISHED = "https://github.com/owner/name"
LINES = 10


class Shell(InteractiveShell):
    """A notebook's kernel whose pip only notes what it is asked for."""

    def __init__(self):
        super().__init__()
        self.asked: list[str] = []

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1):
        assert magic_name == "pip"
        self.asked.append(self.var_expand(line, depth=_stack_depth))


@pytest.fixture
def shell():
    yield Shell()
    Shell.clear_instance()


def missing(monkeypatch):
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name, *more: None if name == "confidence_neurons" else find_spec(name, *more),
    )


@pytest.mark.parametrize("repository", [None, PUBLISHED])
def test_where_all_is_there_nothing_is_installed_and_one_line_printed(shell, capsys, repository):
    assert shell.run_cell(setup_cell(repository, "v0.1.0")).success
    assert shell.asked == []
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("confidence-neurons ")


def test_where_the_library_is_missing_its_release_is_installed(shell, monkeypatch):
    missing(monkeypatch)
    assert shell.run_cell(setup_cell(PUBLISHED, "v1.2.3")).success
    [asked] = shell.asked
    assert asked.endswith(f'"git+{PUBLISHED}@v1.2.3"')


def test_numpy_and_torch_are_held_at_what_is_installed(shell, monkeypatch):
    missing(monkeypatch)
    shell.run_cell(setup_cell(PUBLISHED, "v1.2.3"))
    held = shell.asked[0].split()[2:-1]
    assert sorted(held) == [f"numpy=={version('numpy')}", f"torch=={version('torch')}"]


def test_what_is_held_is_what_pip_finds_installed(shell, monkeypatch):
    missing(monkeypatch)
    shell.run_cell(setup_cell(PUBLISHED, "v1.2.3"))
    held = shell.asked[0].split()[2:-1]
    offline = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps"]
    done = subprocess.run([*offline, *held], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("already satisfied") == len(held) == 2


def test_what_is_not_there_is_not_held(shell, monkeypatch):
    missing(monkeypatch)
    monkeypatch.setattr("importlib.metadata.distributions", lambda: [])
    shell.run_cell(setup_cell(PUBLISHED, "v1.2.3"))
    assert shell.asked[0].split() == ["install", "-q", f'"git+{PUBLISHED}@v1.2.3"']


def test_without_an_address_one_sentence_says_what_to_do(shell, monkeypatch, capsys):
    missing(monkeypatch)
    result = shell.run_cell(setup_cell(None, "v0.1.0"))
    assert isinstance(result.error_in_exec, ModuleNotFoundError)
    assert "%pip install FOLDER" in str(result.error_in_exec)
    assert shell.asked == []


@pytest.mark.parametrize("repository", [None, PUBLISHED])
def test_the_cell_can_be_read_at_a_glance(repository):
    lines = [line for line in setup_cell(repository, "v0.1.0").splitlines() if line.strip()]
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= 100
