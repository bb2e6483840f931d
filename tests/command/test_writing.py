"""Whenever a process is killed, a result is there whole or not at all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from confidence_neurons.command.app import app
from confidence_neurons.command.writing import SETTINGS, check_directory, result_folder
from forks import forked

posix = pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
SLOW = """
import sys, time
from pathlib import Path
from confidence_neurons.command import writing
place, moment = Path(sys.argv[1]), sys.argv[2]

def wait(here):
    if here == moment:
        print(here, flush=True)
        time.sleep(60)

replace = Path.replace
def slowly(self, target):
    wait("before " + ("aside" if self == place else "put"))
    done = replace(self, target)
    wait("after " + ("aside" if self == place else "put"))
    return done
Path.replace = slowly
with writing.result_folder(place) as folder:
    wait("empty")
    (folder / "settings.json").write_text("new")
    wait("written")
"""
MOMENTS = ["empty", "written", "before aside", "after aside", "before put", "after put"]


def killed(place: Path, moment: str) -> None:
    """Write a result in a process of its own, and kill it at a moment."""
    command = [sys.executable, "-c", SLOW, str(place), moment]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == moment
        process.kill()


def visible(directory: Path) -> dict[str, str]:
    """What is there, but for what is hidden."""
    return {
        path.relative_to(directory).as_posix(): path.read_text()
        for path in directory.rglob("*")
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(directory).parts)
    }


@posix
@pytest.mark.parametrize("moment", ["empty", "written", "before put"])
def test_killed_in_a_new_place_nothing_is_there(tmp_path, moment):
    killed(tmp_path / "out", moment)
    assert visible(tmp_path) == {}
    with result_folder(tmp_path / "out") as folder:
        (folder / SETTINGS).write_text("again")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@posix
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_over_an_earlier_result_one_of_the_two_is_there_whole(tmp_path, moment):
    place = tmp_path / "out"
    place.mkdir()
    (place / SETTINGS).write_text("old")
    killed(place, moment)
    if moment in ("after aside", "before put"):  # the one moment in which neither is at its place
        assert visible(tmp_path) == {}
        with pytest.raises(RuntimeError), result_folder(place):  # the next run puts it back
            raise RuntimeError
    expected = "new" if moment == "after put" else "old"
    assert visible(tmp_path) == {f"out/{SETTINGS}": expected}
    with result_folder(place) as folder:
        (folder / SETTINGS).write_text("again")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert visible(tmp_path) == {f"out/{SETTINGS}": "again"}


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_told_to_stop_the_command_tidies_up(tmp_path, number):
    with forked(lambda: app(["scan", "prose", "-o", str(tmp_path / "out")])) as (process, said):
        assert any(line.startswith("done Model") for line in said)
        assert process.pid is not None
        os.kill(process.pid, number)
        told = said.read()
        process.join()
    assert process.exitcode == 128 + number
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


@posix
def test_the_command_killed_while_it_writes(tmp_path):
    place = tmp_path / "out"
    arguments = ["scan", "prose", "-o", str(place), "--tokens", "512"]
    with forked(lambda: app(arguments)) as (process, _):
        while not any(tmp_path.iterdir()) and process.is_alive():
            time.sleep(0.01)
    assert process.exitcode == -signal.SIGKILL
    assert not place.exists()
    assert all(path.name.startswith(".out.") for path in tmp_path.iterdir())


def test_a_failure_leaves_what_was_there(tmp_path):
    place = tmp_path / "out"
    with result_folder(place) as folder:
        (folder / SETTINGS).write_text("old")
    with pytest.raises(ZeroDivisionError), result_folder(place) as folder:
        (folder / SETTINGS).write_text(f"half {1 / 0}")
    assert visible(tmp_path) == {f"out/{SETTINGS}": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_result_with_something_of_ones_own_in_it_is_not_replaced(tmp_path):
    (tmp_path / SETTINGS).write_text("{}")
    (tmp_path / "notes.md").write_text("mine")
    with pytest.raises(ValueError, match=r"notes\.md"):
        check_directory(tmp_path)


def test_parents_are_made_with_the_result(tmp_path):
    place = check_directory(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
    with result_folder(place) as folder:
        (folder / SETTINGS).write_text("new")
    assert visible(tmp_path) == {f"a/b/{SETTINGS}": "new"}
