"""Other neurons and levels: the same measurement, with what is asked put in its place."""

from dataclasses import replace

import pytest

import confidence_neurons as cn
from confidence_neurons_book.causal_effects import timing
from confidence_neurons_book.causal_effects.doubts import doubts, in_short


def test_who_turns_and_what_is_saved(subject):
    found = doubts(subject, ["b"])
    assert found["part"].unique().tolist() == ["standing", "timing"]
    names = found["group"].unique().tolist()
    assert names[:2] == ["4 alone", "the others of the nine"]
    assert names[-1] == "the nine, resting at the text's mean"


def test_at_the_texts_own_mean_the_reference_is_the_text(subject):
    own = replace(
        subject,
        texts={"b": subject.texts["b"]},
        groups={"all": [4, 9]},
        reference=cn.run(subject.model, subject.texts["b"]),
    )
    expected = timing.saved(timing.measured(own)).query("group == 'all'")["estimate"].tolist()
    found = doubts(subject, ["b"])
    rows = found[found["group"] == "the nine, resting at the text's mean"]
    assert rows["estimate"].tolist() == pytest.approx(expected)


def test_a_text_in_short(subject):
    turned = timing.measured(replace(subject, groups={"entropy": [4, 9]}))
    rows = turned.query("text == 'a' and group == 'entropy'")
    sentence = in_short(subject, subject.texts["a"])
    assert (
        sentence
        == f"3 rows: turn {rows['turn'].mean():+.3f}, need at rest {rows['need'].mean():+.2f} nats"
    )
