"""Charts of spectra and of gains."""

import pandas as pd

from charts.reading import controls, domain, rows_of
from confidence_neurons_book.null_space.spectrum_charts import coordinates_chart, spectra_chart

SPECTRA = pd.DataFrame(
    {
        "spectrum": ["prose"] * 3 + ["noise"] * 3,
        "index": [1, 2, 3] * 2,
        "share": [1 / 3, 2 / 3, 1.0] * 2,
        "singular_value": [4.0, 2.0, 0.2, 2.0, 1.9, 1.8],
        "relative": [2.0, 1.0, 0.1, 1.05, 1.0, 0.95],
    }
)
COORDINATES = pd.DataFrame(
    {
        "model": ["prose", "prose", "smollm2"],
        "coordinate": [0, 1, 0],
        "gain": [0.01, 1.0, 1.0],
        "inside": [0.98, 0.02, 0.1],
    }
)
CHARTS = {
    "spectra": lambda: spectra_chart(SPECTRA),
    "coordinates": lambda: coordinates_chart(COORDINATES),
}


def test_every_matrix_has_a_line():
    assert domain(CHARTS["spectra"](), "color") == ["prose", "noise"]
    assert len(rows_of(CHARTS["spectra"](), "relative")) == len(SPECTRA)


def test_coordinates_are_shown_of_one_model_at_a_time():
    assert controls(CHARTS["coordinates"]())["Model"]["options"] == ["prose", "smollm2"]
    assert len(rows_of(CHARTS["coordinates"](), "inside")) == len(COORDINATES)
