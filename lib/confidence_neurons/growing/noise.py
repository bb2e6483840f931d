"""Kinds of unpredictable text: prose whose tokens are replaced, and what is so by nature."""

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Bool, Float, Integer

from confidence_neurons.growing.tokenizer import BOS_ID

Body = Integer[np.ndarray, " position"]

LINES_AT_ONCE = 1000
CONSONANTS, VOWELS = "bcdfghjklmnprstvz", "aeiou"


def unigram_draws(
    rng: np.random.Generator,
    body: Body,
    replaced: Bool[np.ndarray, " position"],
    unigram: Float[np.ndarray, " d_vocab"],
) -> Body:
    """Draws from the frequencies of the tokens."""
    return np.where(replaced, rng.choice(len(unigram), size=len(body), p=unigram), body)


def uniform_draws(
    rng: np.random.Generator,
    body: Body,
    replaced: Bool[np.ndarray, " position"],
    unigram: Float[np.ndarray, " d_vocab"],
) -> Body:
    """Any token but BOS, all alike."""
    return np.where(replaced, rng.integers(BOS_ID + 1, len(unigram), size=len(body)), body)


def shuffled(
    rng: np.random.Generator,
    body: Body,
    replaced: Bool[np.ndarray, " position"],
    unigram: Float[np.ndarray, " d_vocab"],
) -> Body:
    """The replaced tokens change places among each other."""
    changed = body.copy()
    changed[replaced] = rng.permutation(body[replaced])
    return changed


def digit_lines(rng: np.random.Generator) -> Iterator[str]:
    """Lines of random decimal digits in groups."""
    while True:
        groups = rng.integers(0, 10, size=(6, 4))
        yield " ".join("".join(map(str, group)) for group in groups)


def hex_lines(rng: np.random.Generator) -> Iterator[str]:
    """Lines of random hexadecimal digits, without a gap."""
    while True:
        yield rng.bytes(16).hex()


def name_lines(rng: np.random.Generator) -> Iterator[str]:
    """Lines of invented names, of two or three syllables each."""
    while True:
        names = ("".join(_syllables(rng, int(rng.integers(2, 4)))).capitalize() for _ in range(6))
        yield ", ".join(names)


def _syllables(rng: np.random.Generator, count: int) -> list[str]:
    return [
        CONSONANTS[rng.integers(len(CONSONANTS))] + VOWELS[rng.integers(len(VOWELS))]
        for _ in range(count)
    ]


REPLACING: dict[str, Callable[..., Body]] = {
    "unigram": unigram_draws,
    "uniform": uniform_draws,
    "shuffled": shuffled,
}
NATURAL: dict[str, Callable[[np.random.Generator], Iterator[str]]] = {
    "digits": digit_lines,
    "hex": hex_lines,
    "names": name_lines,
}
KINDS = (*REPLACING, *NATURAL)


def natural_text(kind: str, characters: int, seed: int) -> str:
    """Lines of a natural kind, about so many characters of them."""
    rng = np.random.default_rng([list(NATURAL).index(kind), seed])
    lines, size = [], 0
    for line in NATURAL[kind](rng):
        lines.append(line)
        size += len(line) + 1
        if size >= characters:
            break
    return "\n".join(lines) + "\n"
