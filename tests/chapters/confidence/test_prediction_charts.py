"""Every chart is a valid, described specification that shows the frame it was given."""

import pandas as pd

from charts.reading import controls, domain, found, rows_of, spec_of
from confidence_neurons_book.confidence import prediction_charts as charts


def at_temperature(temperature):
    columns = {
        "temperature": temperature,
        "rank": [1, 2, 3],
        "token": ["␣the", "␣a", ","],
        "probability": [0.6, 0.3, 0.05],
        "entropy": 0.9,
        "held": 0.95,
    }
    return pd.DataFrame(columns)


SWEEP = pd.concat([at_temperature(temperature) for temperature in (0.5, 1.0, 1.5)])
ALONG = pd.DataFrame(
    {
        "position": [2, 3, 4],
        "token": ["␣the", ",", "␣the"],
        "entropy": [2.0, 1.0, 3.0],
        "surprisal": [1.0, 2.0, 4.0],
        "guess": ["␣the", "␣a", "␣a"],
        "probability": [0.5, 0.4, 0.3],
        "came": [True, False, False],
    }
)
CHARTS = {
    "temperature_bars": lambda: charts.temperature_bars(SWEEP, "Flatter and flatter"),
    "entropy_along": lambda: charts.entropy_along(ALONG, "Unsure, then surprised"),
}


def test_slider_covers_the_temperatures_and_starts_at_one():
    slider = controls(CHARTS["temperature_bars"]())["Temperature"]
    assert slider["value"] == 1
    assert (slider["min"], slider["max"], slider["step"]) == (0.5, 1.5, 0.5)


def test_the_axis_follows_the_bars():
    encodings = found(spec_of(CHARTS["temperature_bars"]()), "encoding")
    scales = [each["x"].get("scale", {}) for each in encodings]
    assert scales
    assert not any("domain" in scale for scale in scales)


def test_the_entropy_stands_in_the_corner():
    assert set(rows_of(CHARTS["temperature_bars"]())["corner"]) == {"entropy 0.90 nats"}


def test_a_repeated_token_keeps_its_own_row():
    assert rows_of(CHARTS["entropy_along"]())["place"].nunique() == len(ALONG)


def test_guesses_that_came_are_told_from_other_tokens():
    chart = CHARTS["entropy_along"]()
    assert rows_of(chart)["measure"].tolist() == [charts.CAME, charts.OTHER, charts.OTHER]
    assert domain(chart, "shape") == domain(chart, "color") == list(charts.COLOURS)
