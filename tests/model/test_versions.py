import subprocess
import sys
from importlib.metadata import version

import pytest

import confidence_neurons as cn
from confidence_neurons.model import versions


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CONFIDENCE_NEURONS_CACHE", str(tmp_path))
    return tmp_path


def line(capsys):
    cn.show_versions()
    [line] = capsys.readouterr().out.splitlines()
    return line


def test_versions_device_and_bundled_models_stand_in_one_line(cache, capsys):
    said = line(capsys)
    assert said.startswith(
        f"confidence-neurons {cn.__version__}, Python {sys.version.split()[0]}, "
    )
    assert f"torch {version('torch')} on {versions._device()}; models: prose, prose-no-norm" in said


def test_a_model_that_is_not_there_is_said_to_be_fetched(cache, capsys):
    assert line(capsys).endswith("smollm2 (93 MB, fetched when it is first loaded)")


def test_a_model_that_is_kept_is_at_hand(cache, capsys):
    record = cache / "models" / "smollm2" / "made.json"
    record.parent.mkdir(parents=True)
    record.write_text("{}")
    assert line(capsys).endswith("prose-no-norm, smollm2")


def test_a_gpu_is_named(cache, capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "Tesla T4")
    assert " on cuda (Tesla T4); " in line(capsys)


def test_no_model_is_loaded_for_it():
    code = "import sys, confidence_neurons; confidence_neurons.show_versions(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"transformers", "transformer_lens"}.isdisjoint(done.stdout.split())
