"""The normalised gain of a class between two tests, with an interval."""

import numpy as np
from numpy.typing import ArrayLike

LEVEL = 0.95


def normalised_gain(
    before: ArrayLike,
    after: ArrayLike,
    *,
    questions: int = 10,
    draws: int = 2_000,
    seed: int = 0,
) -> dict[str, float]:
    """Share of what a class could still learn that it has learnt.

    The rise of the mean score, over what the mean was short of the full score
    before. The interval comes from drawing students again, with replacement.

    Parameters
    ----------
    before, after : array_like
        Scores of the same students in the same order.
    questions : int
        Full score.
    draws : int
        How often students are drawn again.
    seed : int
        Seed of the draws.

    Returns
    -------
    dict
        `estimate`, `low` and `high`.

    Raises
    ------
    ValueError
        If the scores are no pairs of at least two students, lie outside of
        zero and the full score, or if all students had the full score before.
    """
    scores = paired(before, after, questions)
    again = np.random.default_rng(seed).integers(len(scores), size=(draws, len(scores)))
    means = np.concatenate([scores.mean(axis=0, keepdims=True), scores[again].mean(axis=1)])
    means = means[means[:, 0] < questions]  # where nothing is left to learn there is no gain
    gains = (means[:, 1] - means[:, 0]) / (questions - means[:, 0])
    low, high = np.quantile(gains[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"estimate": float(gains[0]), "low": float(low), "high": float(high)}


def paired(before: ArrayLike, after: ArrayLike, questions: int) -> np.ndarray:
    """Scores as an array `[student, 2]`, refused where they are none."""
    first, second = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if first.ndim != 1 or first.shape != second.shape or len(first) < 2:
        raise ValueError(
            "expected the scores of the same two or more students before and after, got shapes "
            f"{first.shape} and {second.shape}: leave out who missed one of the tests"
        )
    scores = np.stack([first, second], axis=1)
    if not ((scores >= 0) & (scores <= questions)).all():
        raise ValueError(
            f"expected scores from 0 to {questions}, got {scores.min():g} to {scores.max():g}: "
            "leave out who missed one of the tests"
        )
    if (first == questions).all():
        raise ValueError("expected scores before below the full score, got the full score alone")
    return scores
