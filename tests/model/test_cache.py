"""The cache of converted models: whole or not there, and verified whenever it is used."""

import errno
import os
import shutil
from multiprocessing import Event
from pathlib import Path

import platformdirs
import pytest

from confidence_neurons import load_light
from confidence_neurons.files import only_process
from confidence_neurons.model import cache, machine
from forks import forked
from tiny_ggufs import write_tiny_gguf

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
posix = pytest.mark.skipif(os.name != "posix", reason="forks as POSIX does")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def file(tmp_path: Path, place: Path) -> Path:
    write_tiny_gguf(tmp_path / "a.gguf")
    return tmp_path / "a.gguf"


def load(file: Path) -> None:
    print(load_light(file).cfg.d_vocab)


def model_in(place: Path) -> Path:
    (directory,) = (place / "models").iterdir()
    return directory


def left_in(place: Path) -> list[str]:
    return sorted(file.name for file in place.rglob("*") if file.is_file())


def test_the_variable_says_where(place):
    assert cache.cache_directory() == place


def test_without_it_the_users_cache(monkeypatch):
    monkeypatch.setenv(cache.VARIABLE, " ")
    assert cache.cache_directory() == platformdirs.user_cache_path("confidence-neurons")


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("model.safetensors", lambda content: content[:-1]),
        ("model.safetensors", lambda content: content[:-9] + b"@" + content[-8:]),
        ("tokenizer.json", None),
        (cache.RECORD, lambda content: content[:-9]),
        (cache.RECORD, lambda content: b"[]"),
    ],
)
def test_what_is_damaged_is_told_and_made_again(file, place, capfd, name, damage):
    load_light(file)
    path = model_in(place) / name
    content = path.read_bytes()
    path.unlink() if damage is None else path.write_bytes(damage(content))
    capfd.readouterr()
    assert load_light(file).cfg.d_vocab == 300
    assert f"{path.parent} is damaged ({name}" in capfd.readouterr().err
    assert path.read_bytes() == content


def test_a_cache_that_only_can_be_read_is_enough(file, place, monkeypatch):
    load_light(file)
    monkeypatch.setattr(cache, "only_process", pytest.fail)
    assert load_light(file).cfg.d_vocab == 300


def test_what_cannot_be_written(file, place):
    place.write_text("a file stands in the way")
    with pytest.raises(OSError, match=r"cannot write to .*or set CONFIDENCE_NEURONS_CACHE"):
        load_light(file)


def test_too_little_room_is_told_before_anything_is_written(file, place, monkeypatch):
    usage = shutil.disk_usage(file)._replace(free=20_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OSError, match=r"expected 0\.00 GB of free disk, got 0\.00 GB\. Make room"):
        load_light(file)
    assert left_in(place) == ["lock"]


def test_a_disk_that_fills_up_meanwhile(file, place, monkeypatch):
    def half(path: Path, directory: Path) -> None:
        (directory / "model.safetensors").write_text("half")
        raise FULL

    monkeypatch.setattr(cache, "convert", half)
    with pytest.raises(OSError, match=r"cannot write to .*No space left.*nothing half-written"):
        load_light(file)
    assert left_in(place) == ["lock"]


def test_too_little_memory_to_convert(file, place, monkeypatch):
    monkeypatch.setattr(machine, "free_memory", lambda _: 10_000)
    with pytest.raises(MemoryError, match=r"converting .*a\.gguf: expected 0\.0 GB"):
        load_light(file)
    assert left_in(place) == ["lock"]


@posix
def test_a_process_that_was_killed_leaves_nothing_in_the_way(file, place, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(cache, "convert", lambda *_: os._exit(9))
        with forked(lambda: load(file)) as (killed, _):
            killed.join(timeout=100)
    assert killed.exitcode == 9
    assert not (place / "models").exists() or not any((place / "models").iterdir())
    assert load_light(file).cfg.d_vocab == 300


@posix
def test_two_processes_at_once_do_no_harm(file, place):
    with forked(lambda: load(file)) as (_, one), forked(lambda: load(file)) as (_, other):
        told = [said.read() for said in (one, other)]
    assert [said.splitlines()[-1] for said in told] == ["300", "300"]
    assert sum("converting" in said for said in told) == 1
    assert cache.complaint(model_in(place)) is None


@posix
def test_one_that_is_being_made_elsewhere_is_waited_for(file, place):
    load_light(file)
    directory = model_in(place)
    held = place / "held"
    directory.rename(held)
    begin = Event()
    with forked(lambda: (begin.wait(), load(file))) as (_, said):
        with only_process(place / "making" / directory.name):
            begin.set()
            assert "waiting for another process" in said.readline()
            held.rename(directory)
        assert said.read() == "300\n"
