"""The table and the page of scans, where there is little to collect."""

import json

import pandas as pd
import pytest

from collect import collect, presence, why_not
from overview import overview

UNIT = {"unit": "a@r", "name": "a", "model": "a", "revision": "r", "step": None}
BOX = """\
Usage: confidence-neurons scan [OPTIONS] MODEL
╭─ Error ──────────────────────────────────────────╮
│ Invalid value for '--tokens': -1 is not in range. │
╰──────────────────────────────────────────────────╯
"""


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("done Text (0.0 s)\nconfidence-neurons: no such model\n", "no such model"),
        (BOX, "with: Invalid value for '--tokens': -1 is not in range."),
        ("bash: python: command not found\n", "with: bash: python: command not found"),
        (
            "done Text (0.0 s)\n",
            "out of memory, or of time?); the log ends with: done Text (0.0 s)",
        ),
        ("", "out of memory, or of time?), and the log is empty"),
    ],
)
def test_the_reason_of_a_failure_is_what_the_log_says(tmp_path, log, reason):
    (tmp_path / "log").write_text(log, encoding="utf-8")
    told = why_not(tmp_path / "log")
    assert told.startswith("failed: ")
    assert told.endswith(reason)


def test_what_has_not_begun_has_not_failed(tmp_path):
    assert why_not(tmp_path / "log") == "not measured"


def test_where_nothing_was_measured_there_are_a_table_and_a_page_all_the_same(tmp_path):
    (tmp_path / "units.json").write_text(json.dumps([UNIT]))
    table = collect(tmp_path)
    assert list(table["status"]) == ["not measured"]
    assert list(pd.read_csv(tmp_path / "table.csv")["unit"]) == ["a@r"]
    page = (tmp_path / "index.html").read_text()
    assert "0 of 1 units" in page
    assert "a@r: not measured" in page


def test_names_of_models_are_no_html(tmp_path):
    (tmp_path / "units.json").write_text(json.dumps([UNIT | {"unit": "<b>a</b>"}]))
    collect(tmp_path)
    assert "<b>a</b>" not in (tmp_path / "index.html").read_text()


def test_a_page_can_do_without_token_counts_and_without_steps():
    names = {"unit": "a", "name": "a", "step": None}
    group = {"of": "entropy", "group": "entropy", "neurons": "3"}
    groups = pd.DataFrame([names | group | {"share": 0.7, "share_low": 0.6, "share_high": 0.8}])
    found = presence("entropy", {"criteria_met": True, "neurons": [3]}, groups)
    how = dict.fromkeys(("front", "front_entropy", "k", "d_model", "tokens", "seconds"), 1)
    row = {**names, "status": "measured", **found, **presence("frequency", None, groups), **how}
    units = pd.DataFrame([row | {"peak_memory_mb": 500, "version": "1"}]).convert_dtypes()
    page = overview(units, groups)
    assert "0.70 [0.60, 0.80]" in page
    assert "Across checkpoints" not in page
