"""Charts of spectra: valid, described, with exact nulls on the axis."""

import pandas as pd
import pytest

from confidence_neurons_book.null_space.spectrum_charts import (
    spectra_chart,
    spectrum_chart,
    with_floor,
)

TABLE = pd.DataFrame(
    {
        "index": [1, 2, 3, 4],
        "singular_value": [8.0, 4.0, 0.5, 1e-9],
        "kind": ["visible", "visible", "learned null", "exact null"],
    }
)
TABLES = pd.concat([TABLE.assign(spectrum="prose"), TABLE.assign(spectrum="noise")])


@pytest.mark.parametrize("chart", [spectrum_chart(TABLE), spectra_chart(TABLES)])
def test_charts_are_valid_and_described(chart):
    spec = chart.to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert spec["width"] == "container"
    encoding = spec["layer"][-1]["encoding"] if "layer" in spec else spec["encoding"]
    assert encoding["tooltip"]
    assert encoding["x"]["title"]
    assert encoding["y"]["title"]
    assert encoding["y"]["scale"]["type"] == "log"


def test_exact_nulls_stand_below_everything_else():
    assert list(with_floor(TABLE)["shown"]) == [8.0, 4.0, 0.5, 0.25]


def test_rules_stand_at_the_median_and_a_quarter():
    datasets = spectrum_chart(TABLE).to_dict()["datasets"].values()
    rules = next(data for data in datasets if "rule" in data[0])
    assert [row["value"] for row in rules] == [2.25, 2.25 / 4]


def test_spectra_are_divided_by_their_own_medians_without_exact_nulls():
    doubled = TABLE.assign(spectrum="twice", singular_value=2 * TABLE["singular_value"])
    spec = spectra_chart(pd.concat([TABLE.assign(spectrum="once"), doubled])).to_dict()
    rows = pd.DataFrame(next(iter(spec["datasets"].values())))
    assert len(rows) == 6
    once, twice = (rows[rows["spectrum"] == name]["relative"] for name in ("once", "twice"))
    assert list(once) == list(twice) == [2.0, 1.0, 0.125]
