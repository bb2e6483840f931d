"""The normalised gain of a class, and how wide its interval is in small classes."""

import re

import numpy as np
import pandas as pd
import pytest

from confidence_neurons_book.teaching.gain import normalised_gain
from teaching_kit import kit

PAGE = (kit.TEACH / "assessment-key.md").read_text(encoding="utf-8")
CLASSES, TRUTH = 300, 0.4


def test_the_gain_is_what_was_learnt_over_what_could_be():
    gain = normalised_gain([2, 4, 6], [6, 7, 8])
    assert gain["estimate"] == pytest.approx(3 / 6)
    assert gain["low"] <= gain["estimate"] <= gain["high"]


def test_nothing_learnt_is_no_gain_and_all_learnt_is_one():
    assert normalised_gain([3, 5], [3, 5]) == {"estimate": 0, "low": 0, "high": 0}
    assert normalised_gain([3, 5], [10, 10]) == {"estimate": 1, "low": 1, "high": 1}


def test_pairs_are_drawn_together():
    before = [1, 2, 3, 4, 5, 6]
    gains = normalised_gain(before, [score + (10 - score) / 2 for score in before])
    assert gains["low"] == pytest.approx(0.5)
    assert gains["high"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ([1, 2], [3], "same two or more students"),
        ([1], [3], "same two or more students"),
        ([1, 12], [3, 4], "scores from 0 to 10, got 1 to 12"),
        ([10, 10], [9, 10], "below the full score"),
    ],
)
def test_what_is_no_pair_of_scores_is_refused(before, after, complaint):
    with pytest.raises(ValueError, match=complaint):
        normalised_gain(before, after)


def made_up_classes(students):
    """Scores `[class, student, test]` of students who know four tenths, and gain `TRUTH`."""
    rng = np.random.default_rng(0)
    knows = rng.beta(4, 6, size=(CLASSES, students))
    tests = [rng.binomial(10, knows), rng.binomial(10, knows + TRUTH * (1 - knows))]
    return np.stack(tests, axis=-1)


def test_the_page_says_how_wide_the_interval_is():
    rows = re.findall(r"^\| (\d+) \| (0\.\d+) \| (\d+) % \|$", PAGE, re.MULTILINE)
    assert len(rows) == 4
    for students, half, held in rows:
        gains = pd.DataFrame(
            normalised_gain(*scores.T, draws=400) for scores in made_up_classes(int(students))
        )
        width = (gains["high"] - gains["low"]).mean() / 2
        assert width == pytest.approx(float(half), abs=0.012)
        holds = gains["low"].le(TRUTH) & gains["high"].ge(TRUTH)
        assert holds.mean() == pytest.approx(int(held) / 100, abs=0.05)


def test_the_lines_on_the_page_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scores.csv").write_text("before,after\n2,6\n4,7\n6,8\n")
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code
    names = {}
    exec(code[1].replace("normalised_gain(scores", "gain = normalised_gain(scores"), names)
    assert names["gain"]["estimate"] == pytest.approx(0.5)
