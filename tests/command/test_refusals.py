"""Bad input: a clear message, an exit code other than 0, no traceback, nothing written."""

import errno
import os
import shutil
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from command.conftest import FEW, give
from confidence_neurons.command import scanning
from confidence_neurons.command.errors import in_words


def test_an_unknown_model(refused, tmp_path):
    assert "'prose'" in refused("scan", "pros", "-o", tmp_path / "out")


def test_a_model_of_the_hub_without_a_network(refused, tmp_path):
    told = refused("scan", "someone/something", "-o", tmp_path / "out")
    assert "someone/something" in told


def test_a_directory_that_is_not_there(refused, tmp_path):
    assert "nowhere" in refused("scan", "./nowhere", "-o", tmp_path / "out")


def test_a_directory_without_a_model(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "config.json" in refused("scan", tmp_path / "empty", "-o", tmp_path / "out")


def test_a_truncated_file_of_weights(refused, tiny, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(tiny, broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert "broken" in refused("scan", broken, "-o", tmp_path / "out")


def test_a_text_that_is_not_there(refused, tmp_path):
    assert "no.txt" in refused("scan", "prose", "--text", "no.txt", "-o", tmp_path / "out")


def test_an_empty_text(refused, tmp_path):
    (tmp_path / "empty.txt").write_text(" \n")
    assert "white space" in refused("scan", "prose", "--text", tmp_path / "empty.txt")
    assert "white space" in refused("scan", "prose", "--text", "-", text="")


def test_a_text_that_is_too_short(refused, tmp_path):
    (tmp_path / "short.txt").write_text("It was a fine day. " * 20)
    assert "longer text" in refused("scan", "prose", "--text", tmp_path / "short.txt")
    assert "enough for" in refused("scan", "prose", "--tokens", 10**6, "-o", tmp_path / "out")


def test_a_text_that_is_no_text(refused, tmp_path):
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 100)
    assert "UTF-8" in refused("scan", "prose", "--text", tmp_path / "binary")


def test_counts_of_another_vocabulary(refused, tmp_path):
    save_file({"counts": torch.arange(7)}, tmp_path / "counts.safetensors")
    told = refused("scan", "prose", "--counts", tmp_path / "counts.safetensors")
    assert "another tokenizer" in told


def test_counts_under_another_name_and_damaged_ones(refused, tmp_path):
    save_file({"count": torch.arange(2048)}, tmp_path / "named.safetensors")
    assert "tensor named counts" in refused(
        "scan", "prose", "--counts", tmp_path / "named.safetensors"
    )
    (tmp_path / "damaged.safetensors").write_bytes(b"no tensors")
    assert "damaged" in refused("scan", "prose", "--counts", tmp_path / "damaged.safetensors")


def test_counts_that_are_not_there(refused, tmp_path):
    for name in ("no.safetensors", "no.txt"):
        assert name in refused("scan", "prose", "--counts", tmp_path / name)


def test_a_budget_that_is_too_small(refused, tmp_path):
    told = refused("scan", "prose", *FEW, "--memory-budget", "1kB", "-o", tmp_path / "out")
    assert "memory_budget of at least" in told


def test_a_layer_and_a_k_that_the_model_does_not_have(refused, tmp_path):
    assert "layer" in refused("scan", "prose", "--layer", 3, "-o", tmp_path / "out")
    assert "128" in refused("scan", "prose", "--k", 129, "-o", tmp_path / "out")


def test_second_order_where_it_cannot_be_had(refused, tiny, tmp_path):
    told = refused("scan", tiny, *FEW, "--layer", 0, "--method", "second-order")
    assert "method='exact'" in told


def test_a_device_that_is_not_there(refused, tmp_path):
    assert "cuda:77" in refused("scan", "prose", "--device", "cuda:77", "-o", tmp_path / "out")


def test_a_place_that_holds_something_else(refused, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("...")
    (tmp_path / "file").write_text("...")
    assert "thesis.tex" in refused("scan", "prose", "-o", tmp_path / "mine")
    assert "there is a file" in refused("scan", "prose", "-o", tmp_path / "file")
    assert "is a file" in refused("scan", "prose", "-o", tmp_path / "file" / "below")


def test_the_working_directory(refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "working directory" in refused("scan", "prose", "-o", ".")


def test_a_place_that_cannot_be_written(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "permission denied" in refused("scan", "prose", "-o", tmp_path / "out")


def test_a_full_disk(refused, tmp_path, monkeypatch):
    def full(folder: Path, *_: object, **__: object) -> None:
        (folder / "half").write_text("...")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder / "neurons.csv"))

    monkeypatch.setattr(scanning, "write_result", full)
    told = refused("scan", "prose", *FEW, "-o", tmp_path / "out")
    assert "No space left on device" in told


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_standard_output():
    import subprocess

    with open("/dev/full", "w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "confidence_neurons", "scan", "prose", *FEW],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert run.returncode != 0
    assert "Traceback" not in run.stderr


def test_an_interrupt_ends_with_its_own_code(monkeypatch, tmp_path):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(scanning, "scanned", interrupted)
    result = give("scan", "prose", "-o", tmp_path / "out")
    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] + "\n" == "confidence-neurons: interrupted\n"
    assert not (tmp_path / "out").exists()


def test_too_little_memory(monkeypatch, refused):
    def fails(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(scanning, "scanned", fails)
    assert "too little free memory" in refused("scan", "prose")


def test_what_nobody_expected_is_told_without_a_traceback(monkeypatch, refused):
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(scanning, "scanned", fails)
    told = refused("scan", "prose")
    assert "unexpected ZeroDivisionError: division by zero" in told
    assert "CONFIDENCE_NEURONS_TRACEBACK=1" in told


def test_errors_in_words():
    assert in_words(RuntimeError("CUDA out of memory. Tried ...")).startswith("the machine")
    assert in_words(MemoryError("needs 5 GB")) == "needs 5 GB"
    assert in_words(FileNotFoundError(errno.ENOENT, "No such file or directory", "a.txt")) == (
        "a.txt: No such file or directory"
    )
    assert in_words(ValueError("two\n  lines")) == "two lines"
    assert len(in_words(ValueError("long " * 1000))) < 1300


USAGE = {
    "no model": ["scan"],
    "an unknown option": ["scan", "prose", "--nonsense"],
    "no number": ["scan", "prose", "--tokens", "many"],
    "no token": ["scan", "prose", "--tokens", "0"],
    "an unknown method": ["scan", "prose", "--method", "third-order"],
    "an unknown type": ["scan", "prose", "--dtype", "int3"],
    "no size": ["scan", "prose", "--memory-budget", "much"],
    "two models": ["scan", "prose", "prose-no-norm"],
    "an unknown command": ["skan", "prose"],
    "nothing to fetch": ["fetch"],
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE.keys())
def test_wrong_usage_ends_with_2(refused, arguments):
    assert "Error" in refused(*arguments, code=2)


def test_a_package_that_there_is_not(refused):
    assert "nonsense" in refused("fetch", "nonsense")
