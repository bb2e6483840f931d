"""Every chart is a valid, described specification that shows the frame it was given."""

import numpy as np
import pandas as pd
import pytest

from charts.reading import controls, rows_of
from confidence_neurons_book.confidence import prediction_charts as charts


def token_rows(**columns):
    frame = pd.DataFrame(
        {
            "rank": [1, 2, 3],
            "token": ["␣the", "␣a", ","],
            "probability": [0.6, 0.3, 0.1],
            "entropy": 0.9,
        }
    )
    return frame.assign(**columns)


TOP = pd.concat([token_rows(context="It was upon"), token_rows(context="the letter")])
SWEEP = pd.concat([token_rows(temperature=t) for t in (0.5, 1.0, 1.5)])
ALONG = pd.DataFrame(
    {
        "position": [2, 3, 4],
        "token": ["␣the", ",", "␣the"],
        "entropy": [2.0, 1.0, 3.0],
        "surprisal": [1.0, 2.0, 4.0],
        "guess": ["␣the", "␣a", "␣a"],
        "probability": [0.5, 0.4, 0.3],
    }
)
SCALES = pd.DataFrame(
    {"text": ["clean"] * 30 + ["all noise"] * 10, "scale": np.linspace(0.5, 6, 40)}
)
COMPARISON = pd.DataFrame(
    {"factor": [0.5, 1, 2], "entropy_scale": [2, 3, 4], "entropy_temperature": [2.1, 3, 3.9]}
)
CHARTS = {
    "next_token_bars": lambda: charts.next_token_bars(TOP),
    "temperature_bars": lambda: charts.temperature_bars(SWEEP),
    "entropy_along_text": lambda: charts.entropy_along_text(ALONG),
    "scale_histogram": lambda: charts.scale_histogram(SCALES),
    "scale_and_temperature": lambda: charts.scale_and_temperature(COMPARISON),
}


def test_menu_offers_every_context_and_starts_with_the_first():
    menu = controls(CHARTS["next_token_bars"]())["Context"]
    assert menu["options"] == ["It was upon", "the letter"]
    assert menu["value"] == "It was upon"


def test_slider_covers_the_temperatures_and_starts_at_one():
    slider = controls(CHARTS["temperature_bars"]())["Temperature"]
    assert slider["value"] == 1
    assert (slider["min"], slider["max"], slider["step"]) == (0.5, 1.5, 0.5)


@pytest.mark.parametrize("name", ["next_token_bars", "temperature_bars"])
def test_the_entropy_stands_in_the_corner(name):
    assert set(rows_of(CHARTS[name]())["corner"]) == {"entropy 0.90 nats"}


def test_a_repeated_token_keeps_its_own_row():
    assert rows_of(CHARTS["entropy_along_text"]())["place"].nunique() == len(ALONG)


def test_histogram_shares_add_up_to_one_in_each_text():
    shares = rows_of(CHARTS["scale_histogram"]())
    assert shares.groupby("text")["share"].sum().tolist() == pytest.approx([1, 1])
    assert shares["low"].min() == pytest.approx(0.5)
    assert shares["high"].max() == pytest.approx(6)


def test_both_ways_of_changing_confidence_are_drawn():
    shown = rows_of(CHARTS["scale_and_temperature"]())
    assert shown.groupby("change")["entropy"].apply(list).to_dict() == {
        "scale times factor": [2, 3, 4],
        "temperature = factor": [2.1, 3, 3.9],
    }
