"""What is told of a reader's scan: wrong answers are refused, each with its reason."""

import json
import shutil

import pytest
from typer.testing import CliRunner

import confidence_neurons as cn
from confidence_neurons.command.app import app
from confidence_neurons_book.across_models.own_scan import KNOWN, check_scan
from tiny_models import save_tiny_model


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A scan of a model that the page does not know."""
    place = tmp_path_factory.mktemp("own")
    save_tiny_model(place / "llama", "llama")
    scan = ["scan", str(place / "llama"), "--tokens", "256", "--length", "32", "--no-report"]
    said = CliRunner().invoke(app, [*scan, "-o", str(place / "scan")])
    assert said.exit_code == 0, said.output
    return place / "scan"


def test_a_scan_of_an_own_model_is_read_out(own):
    sentence = check_scan(str(own))
    assert sentence.startswith("Correct: a scan of ")
    assert "Through the scale: entropy" in sentence
    assert ", of equal norm " in sentence
    assert "candidates neurons" not in sentence


@pytest.mark.parametrize("nothing", [None, ...])
def test_an_unsolved_exercise_is_called_not_answered(nothing):
    assert check_scan(nothing).startswith("Not answered yet")


def test_a_directory_without_a_result_is_refused(tmp_path):
    assert "has no result of a scan" in check_scan(str(tmp_path))
    assert "has no result of a scan" in check_scan("no such directory")


def test_a_model_of_this_page_is_refused(own, tmp_path):
    copy = shutil.copytree(own, tmp_path / "copy")
    for name in KNOWN:
        record = json.loads((copy / "settings.json").read_text())
        record["model"]["name"] = name
        (copy / "settings.json").write_text(json.dumps(record))
        assert f"this page has scanned {name} itself" in check_scan(str(copy))
    assert set(KNOWN) == set(cn.available_models()) | {"smollm2"}


def test_a_damaged_result_is_refused(own, tmp_path):
    copy = shutil.copytree(own, tmp_path / "copy")
    (copy / "groups.csv").unlink()
    assert check_scan(str(copy)).startswith("Not yet: ")


def test_a_scan_without_entropy_neurons_is_a_scan_too(own, tmp_path):
    copy = shutil.copytree(own, tmp_path / "copy")
    header = (copy / "groups.csv").read_text().splitlines()[0]
    (copy / "groups.csv").write_text(header + "\n")
    assert check_scan(str(copy)).endswith("It speaks of no entropy neurons.")
