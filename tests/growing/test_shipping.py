"""Shipping: the package's copy is the model, and its checksums are true."""

import hashlib
import json

import pytest

from confidence_neurons.growing.shipping import ship_model
from confidence_neurons.model import bundled


@pytest.fixture
def finished(tmp_path):
    """A directory as a run leaves it: the model's files, and the run's."""
    directory = tmp_path / "finished"
    (directory / "run" / "snapshots").mkdir(parents=True)
    (directory / "run" / "checkpoint.safetensors").write_bytes(b"moments")
    (directory / "config.json").write_text("{}")
    (directory / "model.safetensors").write_bytes(bytes(range(256)))
    return directory


def test_the_models_files_are_copied_and_the_runs_are_not(finished, tmp_path):
    models = tmp_path / "models"
    ship_model(finished, "prose", models)
    shipped = sorted(str(path.relative_to(models)) for path in models.rglob("*") if path.is_file())
    assert shipped == ["checksums.json", "prose/config.json", "prose/model.safetensors"]
    assert (models / "prose" / "model.safetensors").read_bytes() == bytes(range(256))


def test_checksums_are_those_of_the_copies(finished, tmp_path):
    models = tmp_path / "models"
    ship_model(finished, "prose", models)
    record = json.loads((models / "checksums.json").read_text())
    assert record == {
        "prose": {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in (models / "prose").iterdir()
        }
    }


def test_what_was_shipped_passes_the_packages_own_check(finished, tmp_path, monkeypatch):
    models = tmp_path / "models"
    ship_model(finished, "prose", models)
    monkeypatch.setattr(bundled, "MODELS", models)
    assert bundled.bundled_names() == ["prose"]
    assert bundled.verified_directory("prose") == models / "prose"
    (models / "prose" / "config.json").write_text("{ }")
    with pytest.raises(ValueError, match="SHA-256"):
        bundled.verified_directory("prose")


def test_a_model_replaces_its_forerunner_and_leaves_the_others(finished, tmp_path):
    models = tmp_path / "models"
    ship_model(finished, "other", models)
    ship_model(finished, "prose", models)
    (finished / "config.json").unlink()
    (finished / "model.safetensors").write_bytes(b"better")
    ship_model(finished, "prose", models)
    record = json.loads((models / "checksums.json").read_text())
    assert set(record) == {"other", "prose"}
    assert set(record["other"]) == {"config.json", "model.safetensors"}
    assert record["prose"] == {"model.safetensors": hashlib.sha256(b"better").hexdigest()}
    assert [file.name for file in (models / "prose").iterdir()] == ["model.safetensors"]


def test_a_missing_directory_does_not_cost_the_model_that_is_there(finished, tmp_path):
    models = tmp_path / "models"
    ship_model(finished, "prose", models)
    with pytest.raises(FileNotFoundError):
        ship_model(tmp_path / "nowhere", "prose", models)
    assert (models / "prose" / "model.safetensors").is_file()


def test_a_model_is_not_shipped_onto_itself(finished, tmp_path):
    models = tmp_path / "models"
    ship_model(finished, "prose", models)
    with pytest.raises(ValueError, match="itself"):
        ship_model(models / "prose", "prose", models)
    assert (models / "prose" / "model.safetensors").is_file()
