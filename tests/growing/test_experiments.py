"""The runner: what is missing is run, what is there is not, what is wrong is said."""

import hashlib
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from confidence_neurons.growing import experiments, settings
from confidence_neurons.growing.__main__ import main
from growing import tiny_command
from growing.conftest import torch_settings_kept

TEXT = """
[noise]
about = "On prose?"
seeds = 1
[noise.recipe]
vocab_size = 280
d_model = 16
n_layers = 1
n_heads = 2
sequence_length = 32
batch_size = 2
steps = 3
warmup_steps = 1
longest_segment = 10
[noise.arms]
digits = { noise = ["digits"] }

[where]
about = "On a language?"
seeds = 2
[where.language]
content = 8
rank = 3
[where.recipe]
d_model = 16
n_layers = 1
n_heads = 2
sequence_length = 24
batch_size = 4
steps = 4
warmup_steps = 1
[where.arms]
plain = {}
copies = { language = { copying = 0.2, copy_length = 12 }, seeds = 1 }
"""


def prepared(directory: Path, patch: pytest.MonkeyPatch) -> list[str]:
    """Arguments of a command that makes the runs in a directory."""
    tiny_command.prepare(directory, patch)
    file = directory / "settings.toml"
    file.write_text(TEXT)
    patch.setattr(experiments, "read_settings", lambda: settings.read_settings(file))
    return ["experiments", "--corpus", f"{directory}/books", "--out", f"{directory}/out"]


@pytest.fixture
def arguments(tmp_path, monkeypatch) -> list[str]:
    return prepared(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """A directory in which the arm where/plain has been run."""
    directory = tmp_path_factory.mktemp("plain")
    with torch_settings_kept(), pytest.MonkeyPatch.context() as patch:
        main([*prepared(directory, patch), "where/plain"])
    return directory / "out"


@pytest.fixture
def done(plain, tmp_path) -> Path:
    """The same for a test that goes on from there."""
    return shutil.copytree(plain, tmp_path / "out")


@pytest.fixture
def performed(monkeypatch) -> list[str]:
    """Names of the runs that are made, in their order."""
    names: list[str] = []
    perform = experiments.perform

    def noted(run, corpus, texts):
        names.append(run.name)
        return perform(run, corpus, texts)

    monkeypatch.setattr(experiments, "perform", noted)
    return names


def tables(tmp_path) -> dict[str, pd.DataFrame]:
    files = sorted((tmp_path / "out" / "tables").glob("*.csv.gz"))
    return {file.name.removesuffix(".csv.gz"): pd.read_csv(file) for file in files}


def test_every_run_is_made_once_and_stands_in_its_table(arguments, tmp_path, performed):
    main(arguments)
    order = ["noise/digits-0", "where/plain-0", "where/copies-0", "where/plain-1"]
    assert performed == order
    made = tables(tmp_path)
    assert list(made) == ["noise", "where"]
    where = made["where"]
    assert where.columns.tolist() == ["arm", "seed", "measure", "kind", "index", "value"]
    assert not where.duplicated(["arm", "seed", "measure", "kind", "index"]).any()
    assert set(zip(where["arm"], where["seed"], strict=True)) == {
        ("plain", 0),
        ("plain", 1),
        ("copies", 0),
    }
    seconds = where.query("measure == 'seconds'")
    assert len(seconds) == 3
    assert (seconds["value"] > 0).all()
    assert {"0.4", "1", "2.5", "all", "weights"} <= set(where["kind"])
    assert "copy" in set(where.query("arm == 'copies'")["kind"])
    assert "copy" not in set(where.query("arm == 'plain'")["kind"])
    assert {"prose", "digits", "hex", "names"} <= set(made["noise"]["kind"])
    main(arguments)
    assert performed == order, "a run was made twice"


def test_a_run_that_was_interrupted_is_made_again_and_the_others_are_kept(
    arguments, tmp_path, performed
):
    main([*arguments, "where"])
    before = tables(tmp_path)["where"].query("measure != 'seconds'")
    (tmp_path / "out/runs/where/copies-0.json").unlink()
    performed.clear()
    main([*arguments, "where"])
    assert performed == ["where/copies-0"]
    assert tables(tmp_path)["where"].query("measure != 'seconds'").equals(before)


def test_the_same_run_gives_the_same_numbers(arguments, done):
    record = done / "runs/where/plain-0.json"
    before = json.loads(record.read_text())["rows"]
    record.unlink()
    main([*arguments, "where/plain"])
    assert json.loads(record.read_text())["rows"] == before


def test_arms_can_be_asked_for(arguments, tmp_path, performed):
    main([*arguments, "where/plain"])
    assert performed == ["where/plain-0", "where/plain-1"]
    assert set(tables(tmp_path)["where"]["arm"]) == {"plain"}


def test_tables_come_with_their_checksums(plain):
    directory = plain / "tables"
    sums = json.loads((directory / "checksums.json").read_text())
    assert sums == {
        "where.csv.gz": hashlib.sha256((directory / "where.csv.gz").read_bytes()).hexdigest()
    }


def refusal(arguments, capsys) -> str:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 1
    return capsys.readouterr().err.splitlines()[-1]


def test_a_run_of_other_settings_is_not_mixed_in(arguments, done, tmp_path, capsys):
    file = tmp_path / "settings.toml"
    file.write_text(TEXT.replace("steps = 4", "steps = 5"))
    message = refusal([*arguments, "where/plain"], capsys)
    assert "plain-0.json is of other settings than where/plain-0 has now. Delete it" in message


@pytest.mark.parametrize("content", ["", "[]", '{"settings": {}}'])
def test_a_damaged_record_is_named(arguments, done, capsys, content):
    (done / "runs/where/plain-1.json").write_text(content)
    assert "plain-1.json is damaged" in refusal([*arguments, "where/plain"], capsys)


def test_an_arm_that_is_not_there_takes_one_line(arguments, capsys):
    assert "got where/none: there are" in refusal([*arguments, "where/none"], capsys)


def test_a_model_that_diverges_takes_one_line_and_leaves_nothing(arguments, tmp_path, capsys):
    file = tmp_path / "settings.toml"
    file.write_text(TEXT.replace("steps = 4", "steps = 40\nlearning_rate = 1e30"))
    assert "where/plain: expected a loss that is a number" in refusal(
        [*arguments, "where/plain"], capsys
    )
    assert not list((tmp_path / "out").rglob("plain-*.json"))
