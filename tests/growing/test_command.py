"""The command line: kills, two at once, damage, a full disk. One line for each error."""

import errno
import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors import SafetensorError

from confidence_neurons.growing import __main__ as command
from confidence_neurons.growing import checkpoint, preparation, snapshots
from confidence_neurons.growing.__main__ import main
from growing import tiny_command
from growing.conftest import torch_settings_kept

CHECKPOINT = "run/checkpoint.safetensors"
FIRST = "run/snapshots/step-000000.safetensors"
LAST = "run/snapshots/step-000016.safetensors"


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> list[str]:
    """Arguments of a command that grows in `tmp_path`."""
    tiny_command.prepare(tmp_path, monkeypatch)
    return tiny_command.arguments(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A directory in which nothing went wrong."""
    directory = tmp_path_factory.mktemp("finished")
    with torch_settings_kept(), pytest.MonkeyPatch.context() as patch:
        tiny_command.prepare(directory, patch)
        main(tiny_command.arguments(directory))
    return directory / "out"


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """The same for a test that spoils it."""
    return shutil.copytree(finished, tmp_path / "out")


def contents(directory: Path) -> dict[str, bytes]:
    """Every file that does not depend on the clock, or on the process."""
    return {
        str(file.relative_to(directory)): file.read_bytes()
        for file in directory.rglob("*")
        if file.is_file() and file.name not in ("README.md", "lock", "checkpoint.safetensors")
    }


def refusal(arguments: list[str], capsys) -> str:
    """The one line that a command ends with which is refused."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    message = said[said.index("python -m confidence_neurons.growing: error: ") :]
    assert message.endswith("\n")
    assert len(message.splitlines()) == 1
    return message


def test_one_process_at_a_time_and_a_killed_one_is_gone_on_with(tiny, finished, tmp_path, capsys):
    script = [sys.executable, tiny_command.__file__, str(tmp_path), "12"]
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    environment = os.environ | {"PYTHONPATH": paths}
    with subprocess.Popen(script, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"waiting\n"
            message = refusal(tiny, capsys)
            assert f"another process (id {process.pid})" in message
            assert "wait for its end" in message
        finally:
            process.kill()
    out = tmp_path / "out"
    assert (out / CHECKPOINT).exists()
    assert not (out / LAST).exists()
    main(tiny)
    assert contents(out) == contents(finished)


def test_a_finished_run_is_left_as_it_is(tiny, copy, finished):
    main(tiny)
    assert contents(copy) == contents(finished)
    assert not list(copy.rglob(".partial"))


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


@pytest.mark.parametrize("spoil", [truncate, Path.unlink], ids=["truncated", "missing"])
@pytest.mark.parametrize("name", ["run/validation.npy", "run/tokenizer.json", FIRST])
def test_what_is_damaged_or_missing_is_named(tiny, copy, capsys, name, spoil):
    spoil(copy / name)
    message = refusal(tiny, capsys)
    assert f"{copy / name} is " in message
    assert "Delete" in message


def test_a_damaged_checkpoint_is_named(tiny, copy, capsys):
    truncate(copy / CHECKPOINT)
    assert f"{copy / CHECKPOINT} is damaged" in refusal(tiny, capsys)


@pytest.mark.parametrize("spoil", [truncate, Path.unlink], ids=["truncated", "missing"])
def test_the_last_snapshot_is_written_again(tiny, copy, finished, spoil, monkeypatch, capsys):
    def enough(*arguments):
        raise ValueError("what is measured of equal snapshots is equal")

    spoil(copy / LAST)
    monkeypatch.setattr(command, "record_growth", enough)
    assert "equal snapshots" in refusal(tiny, capsys)
    assert contents(copy / "run") == contents(finished / "run")


def test_a_lost_snapshot_grows_again_as_the_message_says(tiny, copy, finished, capsys):
    (copy / FIRST).unlink()
    assert "Delete checkpoint.safetensors" in refusal(tiny, capsys)
    (copy / CHECKPOINT).unlink()
    main(tiny)
    assert contents(copy) == contents(finished)


@pytest.mark.parametrize("corpus", ["nowhere", "empty"])
def test_a_used_directory_wants_its_corpus_too(tiny, copy, tmp_path, capsys, corpus):
    (tmp_path / "empty").mkdir()
    tiny[2] = str(tmp_path / corpus)
    assert tiny[2] in refusal(tiny, capsys)


def test_another_seed_gives_another_model_under_its_own_name(tiny, finished, tmp_path):
    main([*tiny, "--seed", "5"])
    assert (tmp_path / LAST.replace("run", "out/run", 1)).read_bytes() != (
        finished / LAST
    ).read_bytes()
    assert "prose-seed-5" in (tmp_path / "out/README.md").read_text(encoding="utf-8")


def test_another_seed_is_not_shipped(tiny, capsys):
    assert "expected no --ship with --seed" in refusal([*tiny, "--seed", "5", "--ship"], capsys)


def test_a_recipe_that_cannot_be_is_refused(tiny, capsys):
    assert "expected steps of at least 1, got 0" in refusal([*tiny, "--steps", "0"], capsys)


def test_a_directory_that_cannot_be_written_to_is_refused(tiny, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    tiny[4] = str(tmp_path / "file" / "out")
    assert f"cannot write to {tiny[4]}" in refusal(tiny, capsys)


def test_a_read_only_directory_is_refused(tiny, tmp_path, monkeypatch, capsys):
    def refuse(*arguments, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "mkdir", refuse)
    message = refusal(tiny, capsys)
    assert f"cannot write to {tmp_path / 'out'}" in message
    assert "Read-only file system. Make room or allow writing there" in message


DISK_IS_FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
DISK_IS_FULL_IN_RUST = SafetensorError("I/O error: No space left on device (os error 28)")


@pytest.mark.parametrize(
    ("module", "name", "error", "directory"),
    [
        (preparation.np, "save", DISK_IS_FULL, "run"),
        (checkpoint, "save_file", DISK_IS_FULL_IN_RUST, "run"),
        (snapshots, "save_file", DISK_IS_FULL_IN_RUST, "run/snapshots"),
        (command, "export_model", DISK_IS_FULL, ""),
    ],
    ids=["text", "checkpoint", "snapshot", "model"],
)
def test_a_full_disk_takes_one_line_and_the_run_goes_on_later(
    tiny, tmp_path, monkeypatch, capsys, module, name, error, directory
):
    def fail(*arguments, **options):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(module, name, fail)
        message = refusal(tiny, capsys)
    gc.collect()
    assert capsys.readouterr().err == "", "a progress bar spoke after the message"
    assert "No space left on device" in message
    if directory:
        assert f"cannot write to {tmp_path / 'out' / directory}: " in message
    assert not list((tmp_path / "out").rglob(".partial"))
