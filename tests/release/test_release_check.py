"""What a release has to be: its size, its files, and an environment to try it in."""

import subprocess
import zipfile
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import release_check
from release_check import committed_files, contents, fresh_environment, sizes, with_requirements

COMMITTED = {"thing/__init__.py", "thing/data/counts.tsv"}


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in [*COMMITTED, "thing-1.0.dist-info/METADATA"]:
            archive.writestr(name, "content")
    return path


def test_a_small_wheel_with_what_is_committed_is_right(wheel):
    assert [*sizes(wheel), *contents(wheel, COMMITTED)] == []


def test_a_large_wheel_is_refused(wheel, monkeypatch):
    monkeypatch.setattr(release_check, "MEGABYTES", 0)
    [complaint] = sizes(wheel)
    assert "expected at most 0 MB, got 0.0 MB" in complaint


def test_a_file_that_is_missing_is_named(wheel):
    [complaint] = contents(wheel, {*COMMITTED, "thing/new.toml"})
    assert "lacks thing/new.toml: see package-data" in complaint


def test_a_file_that_is_not_committed_is_named(wheel):
    [complaint] = contents(wheel, COMMITTED - {"thing/data/counts.tsv"})
    assert "holds thing/data/counts.tsv, which is not committed" in complaint


def test_committed_files_have_the_names_that_they_have_in_a_wheel():
    assert "confidence_neurons/__init__.py" in committed_files()
    assert "confidence_neurons_book/questions.py" in committed_files()


def test_what_a_package_needs_comes_with_it_and_nothing_else():
    found = with_requirements("pandas")
    assert found >= {"pandas", "numpy", "python-dateutil"}
    assert found.isdisjoint({"pytest", "torch"})
    assert with_requirements("no-such-package") == set()


@pytest.fixture(scope="module")
def python():
    with TemporaryDirectory(dir=release_check.ROOT / ".venv") as place:
        yield fresh_environment(Path(place), "packaging")


def says(python, code):
    done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return done.stdout.strip()


def test_a_fresh_environment_has_the_package_alone(python):
    assert says(python, "import packaging; print(packaging.__version__)") == version("packaging")
    assert says(python, "import pytest; print('there')") == ""


def test_pip_sees_it_as_installed(python):
    assert release_check._version(python, "packaging") == version("packaging")


def test_a_slow_install_and_another_torch_are_complaints():
    assert list(release_check._installed(60, "2.13.0", "2.13.0")) == []
    slow, changed = release_check._installed(61, "2.13.0", "2.14.0")
    assert slow.startswith("expected to install within 60 s, got 61 s")
    assert changed == "expected torch to stay at 2.13.0, got 2.14.0"
