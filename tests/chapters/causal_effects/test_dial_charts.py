"""Charts of the dial: valid, described, with a choice of model and their intervals."""

import itertools

import pandas as pd

from charts.reading import axis_titles, domain, options, rows_of, title_of, tooltip_titles
from confidence_neurons_book.causal_effects import dial_charts

BOUNDS = {"estimate": 0.5, "low": 0.25, "high": 0.75}
MODELS, TEXTS, GROUPS = ("m", "n"), ("clean prose", "Python"), ("entropy", "equal norm")


def frame(**columns):
    rows = itertools.product(*columns.values())
    return pd.DataFrame([dict(zip(columns, row, strict=True)) | BOUNDS for row in rows])


MEANS = frame(model=MODELS, group=GROUPS, text=TEXTS).assign(
    turn=0.1, turn_low=0.05, turn_high=0.15, need=1.0, need_low=0.5, need_high=1.5
)
PULLS = frame(model=MODELS, group=GROUPS, scale=("scale follows", "scale frozen"), pull=(-1, 1))
FOLLOWING = frame(model=MODELS, text=TEXTS, group=GROUPS, signal=("need", "entropy"))
SAVED = frame(model=MODELS, text=TEXTS, group=GROUPS, part=("standing", "timing"))
RESTS = frame(model=MODELS, text=TEXTS, rests=("entropy", "entropy, dial alone"))
CHARTS = {
    "pulled": lambda: dial_charts.pulled(PULLS, "Pulled"),
    "need": lambda: dial_charts.turn_against_need(MEANS, "Turn and need"),
    "following": lambda: dial_charts.correlations(FOLLOWING, "Following"),
    "saved": lambda: dial_charts.savings(SAVED, "Saved"),
    "resting": lambda: dial_charts.resting(RESTS, "Resting"),
}


def test_every_chart_has_its_title_and_a_choice_of_model():
    for draw in CHARTS.values():
        assert title_of(draw())
        assert options(draw(), "Model") == ["m", "n"]
        assert {"from", "to"} <= tooltip_titles(draw())


def test_who_turns_can_be_chosen_and_texts_are_told_apart():
    chart = CHARTS["need"]()
    assert options(chart, "Who turns") == list(GROUPS)
    assert domain(chart, "color") == list(TEXTS)


def test_panels_say_what_they_measure():
    assert axis_titles(CHARTS["following"](), "x") == list(dial_charts.FOLLOWING.values())
    assert axis_titles(CHARTS["saved"](), "x") == list(dial_charts.SAVING.values())


def test_nothing_is_lost():
    for name, given in {"pulled": PULLS, "following": FOLLOWING, "saved": SAVED}.items():
        assert len(rows_of(CHARTS[name](), "estimate")) == len(given)
