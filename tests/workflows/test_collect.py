"""The table and the page of scans, where there is little to collect."""

import json

import pandas as pd
import pytest

from collect import collect, why_not

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
        (BOX, "Invalid value for '--tokens': -1 is not in range."),
        ("bash: python: command not found\n", "bash: python: command not found"),
        ("", "ended without a message: stopped, or out of memory or of time"),
        ("done Text (0.0 s)\n", "ended without a message: stopped, or out of memory or of time"),
    ],
)
def test_the_reason_of_a_failure_is_the_last_that_was_said(tmp_path, log, reason):
    (tmp_path / "log").write_text(log, encoding="utf-8")
    assert why_not(tmp_path / "log") == f"failed: {reason}"


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
