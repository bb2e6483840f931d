"""One command measures both seeds and ships the tables."""

import json

import pandas as pd
import pytest

import confidence_neurons as cn
from chapters.training_dynamics.growths import growth
from confidence_neurons_book.training_dynamics import records, shipping

MEASURED = pd.DataFrame(
    {"measure": ["loss"], "of": ["prose"], "estimate": [3.5], "low": [3.0], "high": [4.0]}
)


@pytest.fixture
def asked(monkeypatch):
    """What the measuring functions are asked, in place of their work."""
    asked = {}

    def remeasure(run, recipe, groups, last):
        asked[run.parent.name] = (run, recipe.name, groups, last)
        return MEASURED.assign(step=16)

    monkeypatch.setattr(shipping, "remeasure", remeasure)
    monkeypatch.setattr(shipping, "measure_snapshot", lambda *given: MEASURED)
    monkeypatch.setattr(shipping, "booted", lambda recipe, path: cn.load_light("prose"))
    return asked


def test_both_seeds_are_measured_with_their_own_groups(asked, tmp_path):
    second = tmp_path / "second"
    second.mkdir()
    growth().to_csv(second / "growth.csv.gz", index=False)
    (second / "groups.json").write_text(json.dumps({"groups": {"entropy": [0]}}), "utf-8")
    shipping.main([str(tmp_path / "first"), str(second), "--to", str(tmp_path)])
    assert asked["first"][2]["entropy"] == cn.recorded_groups("prose")["entropy"]
    assert asked["second"][2]["entropy"] == [0]
    table = pd.read_csv(tmp_path / records.SNAPSHOTS)
    assert table.columns.tolist() == shipping.COLUMNS
    assert table[["run", "step"]].to_numpy().tolist() == [
        [records.PROSE, 16],
        [records.PROSE, 13_000],
        [records.SECOND, 16],
    ]
    assert (tmp_path / records.GROWTH).is_file()
