"""Training batches: decided by the step alone, mixed as the recipe says."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from confidence_neurons.growing.mixture import Mixture
from confidence_neurons.growing.recipe import Recipe, Settling

# The tokens of the text are told from their neighbours: each is the one before it plus 1,
# going round from 199 to 100. Unigram noise is 300 to 399, so it is told from the text.
RECIPE = Recipe(
    name="tiny",
    vocab_size=400,
    sequence_length=41,
    batch_size=8,
    shortest_segment=3,
    longest_segment=12,
)
TEXT = np.array([100 + place % 100 for place in range(5000)], dtype=np.uint16)
NOISE = np.where(np.arange(400) >= 300, 0.01, 0.0)


def rows_of(steps: int = 60, **changes) -> np.ndarray:
    mixture = Mixture(replace(RECIPE, **changes), TEXT, NOISE)
    return torch.cat([mixture.batch(step) for step in range(steps)]).numpy()


def is_excerpt(body: np.ndarray) -> bool:
    return bool((body == 100 + (body[0] - 100 + np.arange(len(body))) % 100).all())


def period_of(body: np.ndarray) -> int | None:
    """The shortest period under half the length, if the row has one."""
    for period in range(1, len(body) // 2):
        if (body[period:] == body[:-period]).all():
            return period
    return None


def test_a_batch_has_the_recipes_shape_and_begins_with_bos():
    batch = Mixture(RECIPE, TEXT, NOISE).batch(0)
    assert batch.shape == (8, 41)
    assert batch.dtype == torch.int64
    assert (batch[:, 0] == 0).all()
    assert (batch[:, 1:] > 0).all()
    assert (batch < 400).all()


def test_a_batch_depends_on_the_step_alone():
    mixture = Mixture(RECIPE, TEXT, NOISE)
    forwards = [mixture.batch(step) for step in range(5)]
    np.random.seed(99)  # noqa: NPY002 (the global state must not matter)
    torch.manual_seed(99)
    backwards = [Mixture(RECIPE, TEXT, NOISE).batch(step) for step in reversed(range(5))]
    assert all(torch.equal(a, b) for a, b in zip(forwards, reversed(backwards), strict=True))
    assert not torch.equal(forwards[0], forwards[1])


def test_another_seed_gives_other_batches():
    one = Mixture(RECIPE, TEXT, NOISE).batch(3)
    other = Mixture(replace(RECIPE, seed=1), TEXT, NOISE).batch(3)
    assert not torch.equal(one, other)


def test_clean_rows_are_excerpts_from_all_over_the_text():
    rows = rows_of(corrupted_share=0.0, repeated_share=0.0)[:, 1:]
    assert all(is_excerpt(row) for row in rows)
    assert len({int(row[0]) for row in rows}) > 80  # of 100 ways to begin


def test_the_shares_are_the_recipes():
    rows = rows_of(steps=150, corrupted_share=0.3, repeated_share=0.2)[:, 1:]
    repeated = np.array([period_of(row) is not None for row in rows])
    clean = np.array([is_excerpt(row) for row in rows])
    # 1,200 rows: four standard deviations are 0.05. A corruption rate near 0 may spare a row,
    # and a rate over 1 replaces all: neither moves more than a few in a hundred.
    assert repeated.mean() == pytest.approx(0.2, abs=0.05)
    assert clean.mean() == pytest.approx(0.5 + 0.3 * 0.02, abs=0.07)


def test_repeated_rows_are_periodic_with_segments_in_bounds():
    rows = rows_of(corrupted_share=0.0, repeated_share=1.0)[:, 1:]
    periods = np.array([period_of(row) for row in rows])
    assert set(periods) == set(range(3, 13))
    # log-uniform: as many from 3 to 5 as from 6 to 12 (13 / 6 = 2.17, 6 / 3 = 2)
    assert (periods < 6).mean() == pytest.approx(np.log(2) / np.log(13 / 3), abs=0.1)


def test_half_of_the_repeats_are_random_tokens_and_half_prose():
    rows = rows_of(corrupted_share=0.0, repeated_share=1.0)[:, 1:]
    prose = np.array([is_excerpt(row[: period_of(row)]) for row in rows])
    assert prose.mean() == pytest.approx(0.5, abs=0.1)
    random_tokens = rows[~prose]
    assert (random_tokens < 100).any()  # uniform over the vocabulary, not over the text
    assert random_tokens.min() >= 1  # but never BOS


def test_corruption_replaces_a_share_of_each_row_by_unigram_draws():
    rows = rows_of(steps=100, corrupted_share=1.0, repeated_share=0.0)[:, 1:]
    replaced = rows >= 300
    shares = replaced.mean(axis=1)
    # The rate is uniform up to 1.2 and cut at 1: a sixth of the rows is all noise.
    assert (shares == 1).mean() == pytest.approx(0.2 / 1.2, abs=0.06)
    assert shares.mean() == pytest.approx((0.5 + 0.2) / 1.2, abs=0.05)
    assert np.unique(rows[replaced]).size == 100
    partly = (shares > 0.3) & (shares < 0.7)
    kept = [(row, places) for row, places in zip(rows[partly], ~replaced[partly], strict=True)]
    for row, places in kept:
        first = int(np.argmax(places))
        start = (int(row[first]) - 100 - first) % 100
        assert (row == 100 + (start + np.arange(40)) % 100)[places].all()


def test_the_kind_of_noise_is_the_recipes():
    shares: dict[str, Any] = {"corrupted_share": 1.0, "repeated_share": 0.0}
    natural = {"digits": np.full(100, 7, dtype=np.uint16)}
    mixture = Mixture(replace(RECIPE, noise=("digits",), **shares), TEXT, NOISE, natural)
    assert (mixture.batch(0)[:, 1:] == 7).all()
    uniform = rows_of(noise=("uniform",), **shares)[:, 1:]
    expected = 0.7 / 1.2 * 99 / 399  # of the tokens replaced, those below 100
    assert (uniform < 100).mean() == pytest.approx(expected, abs=0.02)
    several = Mixture(replace(RECIPE, noise=("digits", "unigram"), **shares), TEXT, NOISE, natural)
    rows = torch.cat([several.batch(step) for step in range(60)])[:, 1:].numpy()
    assert (rows == 7).all(axis=1).mean() == pytest.approx(0.5, abs=0.1)
    assert (rows >= 300).any()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_repeats_are_of_random_tokens_as_often_as_asked(share):
    rows = rows_of(corrupted_share=0.0, repeated_share=1.0, random_repeats=share)[:, 1:]
    prose = np.array([is_excerpt(row[: period_of(row)]) for row in rows])
    assert prose.mean() == pytest.approx(1 - share, abs=0.01)


def test_settling_changes_the_shares_and_makes_corruption_milder():
    settling = Settling(
        start=200,
        warmup_steps=1,
        learning_rate=1e-3,
        corrupted_share=1.0,
        repeated_share=0.0,
        corruption_exponent=3.0,
    )
    recipe = replace(RECIPE, corrupted_share=0.0, repeated_share=0.0, settling=settling)
    mixture = Mixture(recipe, TEXT, NOISE)
    before = torch.cat([mixture.batch(step) for step in range(100, 200)]).numpy()
    after = torch.cat([mixture.batch(step) for step in range(200, 300)]).numpy()
    assert not (before >= 300).any()
    shares = (after[:, 1:] >= 300).mean(axis=1)
    # rate = 1.2 u^3: half of the rows have a rate under 1.2 / 8.
    assert np.median(shares) == pytest.approx(1.2 / 8, abs=0.05)
    assert (shares == 1).mean() == pytest.approx(1 - (1 / 1.2) ** (1 / 3), abs=0.03)


def test_the_highest_corruption_bounds_the_rate():
    rows = rows_of(steps=100, corrupted_share=1.0, repeated_share=0.0, highest_corruption=0.2)
    shares = (rows[:, 1:] >= 300).mean(axis=1)
    assert shares.mean() == pytest.approx(0.1, abs=0.02)
    assert shares.max() < 0.5
