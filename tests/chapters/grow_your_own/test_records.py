"""The chapter's tables: intact, compact, and of every run of the settings."""

import json

import pytest

from confidence_neurons.growing.settings import read_settings
from confidence_neurons_book.grow_your_own import records

MOST_BYTES = 600_000


def test_the_tables_are_small_and_nothing_else_lies_there():
    files = {path.name for path in records.DATA.iterdir()}
    assert files == {"checksums.json", *(f"{name}.csv.gz" for name in records.QUESTIONS)}
    assert sum(path.stat().st_size for path in records.DATA.iterdir()) < MOST_BYTES


@pytest.mark.parametrize("question", records.QUESTIONS)
def test_every_run_of_the_settings_was_made(question):
    table = records.table(question)
    assert table.columns.tolist() == ["arm", "seed", "measure", "kind", "index", "value"]
    assert not table.duplicated(["arm", "seed", "measure", "kind", "index"]).any()
    wanted = {(run.arm, run.recipe.seed) for run in read_settings()[question].runs}
    assert set(zip(table["arm"], table["seed"], strict=True)) == wanted
    assert len(records.measured(question, "seconds")) == len(wanted)


def test_a_measure_is_given_by_run_and_kind():
    scales = records.measured(records.WHICH_NOISE, "scale", "prose")
    assert scales.columns.tolist() == ["arm", "seed", "kind", "index", "value"]
    assert (scales["value"] > 0).all()
    assert len(records.measured(records.WHICH_NOISE, "scale")) == 8 * len(scales)


@pytest.mark.parametrize("asked", [("scales",), ("scale", "verse")])
def test_what_was_not_measured_is_said(asked):
    with pytest.raises(ValueError, match="expected a measure of where"):
        records.measured(records.WHERE, *asked)


def test_an_unknown_question_is_said():
    with pytest.raises(ValueError, match="which-noise, where, breaks, got 'why'"):
        records.table("why")


def test_a_damaged_table_is_named(tmp_path, monkeypatch):
    (tmp_path / "where.csv.gz").write_bytes(b"spoiled")
    (tmp_path / "checksums.json").write_text(json.dumps({"where.csv.gz": "0" * 64}))
    monkeypatch.setattr(records, "DATA", tmp_path)
    with pytest.raises(ValueError, match=r"where\.csv\.gz: expected SHA-256 0000"):
        records.table("where")
