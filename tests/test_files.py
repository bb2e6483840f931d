"""Files that are written: by one process at a time, each of them whole."""

import errno
import os
import threading

import pytest
from safetensors import SafetensorError

from confidence_neurons.files import only_process, sha256, whole_directory, whole_files

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
FULL_IN_RUST = SafetensorError("I/O error: No space left on device (os error 28)")


def test_a_second_one_is_refused_and_hears_of_the_first(tmp_path):
    with (
        only_process(tmp_path / "run"),
        pytest.raises(BlockingIOError, match=rf"id {os.getpid()}\).*wait for its end"),
        only_process(tmp_path / "run"),
    ):
        pass


def test_a_directory_is_free_after_an_end_of_any_kind(tmp_path):
    with pytest.raises(KeyboardInterrupt), only_process(tmp_path):
        raise KeyboardInterrupt
    with only_process(tmp_path):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_a_lock_that_a_dead_process_left_does_not_block(tmp_path):
    (tmp_path / "lock").write_text("1")
    with only_process(tmp_path):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_one_that_waits_has_its_turn_when_the_other_has_ended(tmp_path):
    turns = []

    def second():
        with only_process(tmp_path, wait=True):
            turns.append("second")

    with only_process(tmp_path):
        waiting = threading.Thread(target=second)
        waiting.start()
        waiting.join(timeout=0.5)
        turns.append("first")
    waiting.join(timeout=30)
    assert turns == ["first", "second"]


def test_what_cannot_be_a_directory_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(OSError, match=r"cannot write to .*file.*Not a directory.*Make room"),
        only_process(tmp_path / "file" / "run"),
    ):
        pass


def test_files_are_put_into_their_place_together(tmp_path):
    (tmp_path / "a").write_text("old")
    (tmp_path / "other").write_text("stays")
    with whole_files(tmp_path) as partial:
        for name in ("a", "b"):
            (partial / name).write_text("new")
        assert (tmp_path / "a").read_text() == "old"
        assert not (tmp_path / "b").exists()
    found = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert found == {"a": "new", "b": "new", "other": "stays"}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), FULL, ValueError("ours")])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, error):
    (tmp_path / "a").write_text("old")

    def write():
        with whole_files(tmp_path) as partial:
            (partial / "a").write_text("ne")
            raise error

    with pytest.raises(type(error)):
        write()
    assert [file.name for file in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    (tmp_path / ".partial").mkdir()
    (tmp_path / ".partial" / "b").write_text("half")
    with whole_files(tmp_path) as partial:
        (partial / "a").write_text("new")
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("error", [FULL, FULL_IN_RUST], ids=["python", "rust"])
def test_a_full_disk_is_explained(tmp_path, error):
    with (
        pytest.raises(OSError, match=rf"cannot write to {tmp_path}: .*No space left.*Make room"),
        whole_files(tmp_path),
    ):
        raise error


def test_an_error_that_is_not_the_disks_is_left_as_it_is(tmp_path):
    with pytest.raises(SafetensorError, match="InvalidHeader"), whole_files(tmp_path):
        raise SafetensorError("InvalidHeader")


def test_the_sum_is_that_of_the_content(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a").startswith("ba7816bf8f01cfea")


def test_a_directory_replaces_the_one_that_was_there(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("old")
    with whole_directory(tmp_path / "model", tmp_path / "work" / "partial") as partial:
        (partial / "new").write_text("new")
        assert [file.name for file in (tmp_path / "model").iterdir()] == ["old"]
    assert [file.name for file in (tmp_path / "model").iterdir()] == ["new"]
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), FULL, FULL_IN_RUST, ValueError("ours")])
def test_a_directory_that_fails_leaves_nothing(tmp_path, error):
    def write():
        with whole_directory(tmp_path / "model", tmp_path / "work" / "partial") as partial:
            (partial / "a").write_text("half")
            raise error

    expected = OSError if error is FULL_IN_RUST else type(error)
    with pytest.raises(expected):
        write()
    assert not (tmp_path / "model").exists()
    assert list((tmp_path / "work").iterdir()) == []
