"""Charts of spectra: valid, described, with exact nulls on the axis."""

import pandas as pd

from charts.reading import datasets, domain, rows_of
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
CHARTS = {
    "spectrum": lambda: spectrum_chart(TABLE),
    "spectra": lambda: spectra_chart(TABLES),
}


def test_exact_nulls_stand_below_everything_else_and_keep_their_value():
    assert list(with_floor(TABLE)["shown"]) == [8.0, 4.0, 0.5, 0.25]
    rows = rows_of(CHARTS["spectrum"](), "kind")
    assert rows["shown"].tolist() == [8.0, 4.0, 0.5, 0.25]
    assert rows["singular_value"].tolist() == TABLE["singular_value"].tolist()


def test_kinds_of_directions_are_told_apart():
    assert domain(CHARTS["spectrum"](), "color") == ["visible", "learned null", "exact null"]
    assert domain(CHARTS["spectrum"](), "shape") == ["visible", "learned null", "exact null"]


def test_rules_stand_at_the_median_and_a_quarter():
    (rules,) = [each for each in datasets(CHARTS["spectrum"]()) if "rule" in each]
    assert rules["shown"].tolist() == [2.25, 2.25 / 4]


def test_spectra_are_divided_by_their_own_medians_without_exact_nulls():
    doubled = TABLE.assign(spectrum="twice", singular_value=2 * TABLE["singular_value"])
    rows = rows_of(spectra_chart(pd.concat([TABLE.assign(spectrum="once"), doubled])))
    assert len(rows) == 6
    once, twice = (rows[rows["spectrum"] == name]["relative"] for name in ("once", "twice"))
    assert list(once) == list(twice) == [2.0, 1.0, 0.125]
