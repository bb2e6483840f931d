"""The optimum: against every hidden path of a tiny language, and against what comes."""

from functools import cache
from itertools import product

import numpy as np
import pytest

from confidence_neurons.growing.language import SPEAKS, Language
from confidence_neurons.growing.language_optimum import copied_next, optimum

TINY = {"content": 2, "rank": 1, "temperatures": (0.5, 2.0), "scale": 1.0, "switching": 0.3}
LANGUAGES = {
    "spoken": Language(**TINY),
    "copied": Language(**TINY, copying=0.4, copy_length=2.5),
    "broken": Language(**TINY, copying=0.4, copy_length=2.5, broken=0.3),
    "lagged": Language(**TINY, copying=0.4, copy_length=2.5, broken=0.3, lag=2),
    "always copied": Language(**TINY, copying=1.0, copy_length=1.0, broken=0.5),
}
LENGTH = 5


def spoken(language: Language, prefix: tuple[int, ...]) -> np.ndarray:
    """What the source says after a prefix, from the definition of its logits."""
    heat = next(t for t in reversed(prefix) if t >= language.first_marker) - language.first_marker
    content = [t for t in prefix if 0 < t < language.first_marker]
    logits = language.bigram_logits[content[-1] if content else 0] / language.temperatures[heat]
    chances = np.exp(logits) / np.exp(logits).sum()
    ahead = np.zeros(language.d_vocab)
    ahead[1 : language.first_marker] = (1 - language.switching) * chances
    others = [m for m in range(len(language.temperatures)) if m != heat]
    ahead[[language.first_marker + m for m in others]] = language.switching / len(others)
    return ahead


@cache
def paths(language: Language, length: int) -> list[tuple[tuple[tuple[int, bool], ...], float]]:
    """Every course of the hidden pointer from position 2 on, whole or broken, and its chance."""
    found: list[tuple[tuple[tuple[int, bool], ...], float]] = [((), 1.0)]
    ends = 1 / language.copy_length
    for place in range(2, length):
        grown = []
        for path, chance in found:
            before = path[-1][0] if path else SPEAKS
            if before == SPEAKS:
                starts = [s for s in range(1, place) if language.lag in (0, place - s)]
                begins = language.copying if starts else 0.0
                moves = [(SPEAKS, 1 - begins), *((s, begins / len(starts)) for s in starts)]
            else:
                moves = [(SPEAKS, ends), (before + 1, 1 - ends)]
            for pointer, move in moves:
                if pointer == SPEAKS:
                    grown.append(((*path, (pointer, False)), chance * move))
                else:
                    for broken, share in ((False, 1 - language.broken), (True, language.broken)):
                        grown.append(((*path, (pointer, broken)), chance * move * share))
        found = [(path, chance) for path, chance in grown if chance > 0]
    return found


def enumerated(language: Language, tokens: tuple[int, ...]) -> tuple[float, float]:
    """Chance of a sequence, and of it with its last token in a copy, over all hidden paths."""
    total = copying = 0.0
    for path, chance in paths(language, len(tokens)):
        for place, (pointer, broken) in enumerate(path, start=2):
            if pointer == SPEAKS or broken:
                chance *= spoken(language, tokens[:place])[tokens[place]]
            else:
                chance *= tokens[pointer] == tokens[place]
        total += chance
        copying += chance * (bool(path) and path[-1][0] != SPEAKS)
    return total / len(language.temperatures), copying / len(language.temperatures)


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_optimum_is_that_of_all_hidden_paths(name):
    language = LANGUAGES[name]
    prefixes = [
        (0, marker, *rest)
        for marker in (3, 4)
        for rest in product(range(1, 5), repeat=LENGTH - 3)
        if enumerated(language, (0, marker, *rest))[0] > 0
    ]
    assert len(prefixes) > 10
    found = optimum(language, np.array(prefixes))
    for row, prefix in enumerate(prefixes):
        parts = np.array([enumerated(language, (*prefix, token)) for token in range(5)])
        whole = enumerated(language, prefix)[0]
        assert found.probabilities[row, -1] == pytest.approx(parts[:, 0] / whole, abs=1e-12)
        assert found.copies[row, -1] == pytest.approx(parts[:, 1].sum() / whole, abs=1e-12)


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_predictions_multiply_to_the_chance_of_the_sequence(name):
    language = LANGUAGES[name]
    rows = language.draw(5, LENGTH, 1).tokens
    losses = optimum(language, rows).loss(rows)
    for row, loss in zip(rows, losses, strict=True):
        chance, _ = enumerated(language, tuple(int(token) for token in row))
        assert np.exp(-loss.sum()) == pytest.approx(chance, rel=1e-9)


@pytest.mark.parametrize(
    "knobs", [{}, {"copying": 0.05}, {"copying": 0.05, "broken": 0.2, "lag": 9}]
)
def test_entropies_are_the_mean_losses_of_what_comes(knobs):
    language = Language(**knobs)
    tokens = language.draw(2000, 40, 5).tokens
    found = optimum(language, tokens)
    surplus = (found.loss(tokens) - found.entropy[:, :-1])[:, 1:].mean(axis=1)
    error = surplus.std() / np.sqrt(len(surplus))
    assert error < 0.01
    assert surplus.mean() == pytest.approx(0, abs=4 * error)
    temperature, _ = language.context(tokens)
    means = [found.entropy[:, 1:][temperature[:, 1:] == heat].mean() for heat in range(3)]
    assert means[0] < means[1] < means[2]


def test_the_entropy_is_that_of_many_draws_of_the_next_token():
    language = Language(copying=0.1, broken=0.1)
    prefix = language.draw(1, 30, 2).tokens
    found = optimum(language, prefix)
    probabilities = found.probabilities[0, -1]
    rng = np.random.default_rng(0)
    drawn = -np.log(probabilities[rng.choice(len(probabilities), 100_000, p=probabilities)])
    error = drawn.std() / np.sqrt(len(drawn))
    assert found.entropy[0, -1] == pytest.approx(drawn.mean(), abs=4 * error)


def test_a_copy_is_as_likely_as_is_said():
    language = Language(copying=0.05, broken=0.1)
    drawn = language.draw(3000, 40, 4)
    said, copied = optimum(language, drawn.tokens).copies[:, 2:-1], copied_next(drawn)[:, 2:-1]
    for low in np.arange(0, 1, 0.2):
        here = (said >= low) & (said < low + 0.2)
        slack = 4 * np.sqrt(0.25 / here.sum())
        assert copied[here].mean() == pytest.approx(said[here].mean(), abs=slack)
    assert said[copied].mean() > said[~copied].mean() + 0.5


def test_nothing_beats_the_optimum():
    language = Language(copying=0.05)
    tokens = language.draw(500, 40, 6).tokens
    without = optimum(Language(copying=0.05 + 0.1), tokens).loss(tokens).mean()
    assert optimum(language, tokens).loss(tokens).mean() < without


@pytest.mark.parametrize(
    "rows", [[[1, 65, 3]], [[0, 3, 3]], [[0, 65, 99]]], ids=["no BOS", "no marker", "no token"]
)
def test_rows_of_something_else_are_refused(rows):
    with pytest.raises(ValueError, match=r"expected rows of BOS.*as draw makes them"):
        optimum(Language(), np.array(rows))


def test_a_token_that_cannot_come_is_named():
    rows = np.array([[0, 65, 3, 4], [0, 65, 0, 4]])
    with pytest.raises(ValueError, match="token 0 at position 2 of row 1"):
        optimum(Language(), rows)
