"""The machine as Colab's: its versions, its Python, and when it is made anew."""

from pathlib import Path

import pytest

import colab_machine
from colab_machine import Machine, colab_versions, find_python, versions_in

PYTHON = Path("python3.13")
# As the bars of the project name them.
KNOWN = {
    "torch": "2.11.0",
    "numpy": "2.1.3",
    "pandas": "2.2.3",
    "altair": "5.5.0",
    "transformers": "5.15.0",
    "tokenizers": "0.22.2",
    "ipython": "7.34.0",
}
FREEZE = """\
# made by pip
Jinja2==3.1.6
pydantic_core==2.46.4
torch @ https://somewhere/whl/cpu/torch-2.12.0%2Bcpu-cp313-cp313-manylinux_2_28_x86_64.whl
-e git+https://somewhere/thing.git#egg=thing
"""


def test_versions_are_read_from_pins_and_addresses():
    assert versions_in(FREEZE) == {"jinja2": "3.1.6", "pydantic-core": "2.46.4", "torch": "2.12.0"}


def test_colab_has_what_it_is_known_to_have():
    assert colab_versions().items() >= KNOWN.items()


def test_a_newer_list_changes_versions_and_adds_no_package(tmp_path):
    newer = tmp_path / "pip-freeze.txt"
    newer.write_text(FREEZE + "tensorflow==2.20.0\n")
    later = colab_versions(newer)
    assert later["torch"] == "2.12.0"
    assert later["numpy"] == "2.1.3"
    assert later.keys() == colab_versions().keys()


def fake_python(path, version):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


def test_a_python_off_the_path_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    python = fake_python(tmp_path / ".pyenv/versions/3.13.7/bin/python3.13", "3.13")
    assert find_python(home=tmp_path) == python


def test_another_python_is_refused_with_what_to_do(tmp_path):
    other = fake_python(tmp_path / "python", "3.12")
    with pytest.raises(FileNotFoundError, match=r"expected Python 3\.13.*COLAB_PYTHON"):
        find_python(str(other))


def test_no_python_at_all_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"got none \(python3\.13 tried\)"):
        find_python(home=tmp_path)


class Recorded(Machine):
    """A machine whose pip notes what it is asked for, and changes what is installed."""

    there: dict[str, str] = {"pip": "24.1.2"}  # noqa: RUF012
    asked: list[str] = []  # noqa: RUF012

    def pip(self, command, *arguments):
        self.asked.append(command)
        if command == "uninstall":
            for name in arguments:
                self.there.pop(name, None)
        else:
            self.there.update(dict(argument.split("==") for argument in arguments))

    def packages(self):
        return dict(self.there)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setattr(Recorded, "there", {"pip": "24.1.2"})
    monkeypatch.setattr(Recorded, "asked", [])

    def run(command, **_):
        tmp_path.mkdir(exist_ok=True)

    monkeypatch.setattr(colab_machine.subprocess, "run", run)
    return Recorded(tmp_path, {"torch": "2.11.0", "numpy": "2.1.3"})


def test_an_environment_is_made_once(machine):
    assert machine.make(PYTHON, "")
    assert not machine.make(PYTHON, "")
    assert machine.asked == ["install"]
    assert machine.as_made() == {"pip": "24.1.2", "torch": "2.11.0", "numpy": "2.1.3"}


def test_it_is_made_anew_for_other_versions(machine):
    machine.make(PYTHON, "")
    assert Recorded(machine.place, {"torch": "2.12.0"}).make(PYTHON, "")


def test_it_is_made_anew_where_something_was_changed(machine):
    machine.make(PYTHON, "")
    machine.there["numpy"] = "2.5.0"
    assert machine.make(PYTHON, "")


def test_what_came_later_is_forgotten(machine):
    machine.make(PYTHON, "")
    machine.there |= {"confidence-neurons": "0.1.0", "jaxtyping": "0.3.11"}
    machine.forget(["confidence-neurons", "never-there"])
    assert "jaxtyping" in machine.there
    machine.forget()
    assert machine.there == machine.as_made()


def test_differences_name_the_build_of_torch_and_what_is_older(machine, monkeypatch):
    machine.make(PYTHON, "")
    machine.there |= {"torch": "2.11.0+cu130", "numpy": "2.1.2"}
    monkeypatch.setattr(Recorded, "_says", lambda *_: "2.11.0+cu130 13.0 False")
    told = machine.differences()
    assert told[0].startswith("torch 2.11.0+cu130 is the CUDA 13.0 build, without a GPU")
    assert "numpy is 2.1.2, Colab has 2.1.3" in told
    assert not any("torch is" in line for line in told)
