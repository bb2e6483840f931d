"""A language whose every uncertainty is known: a Markov source with a temperature, and copies.

A sequence begins with BOS and a marker. At each further step the source either
speaks or copies.

- It speaks: with the switching rate it emits the marker of another
  temperature; else a content token, drawn from the row of the last content
  token in a table of bigram logits, over the temperature of the last marker.
- It copies: it points at an earlier position of the sequence and emits the
  token that stands there, a marker too. The pointer moves on by one, or the
  copy ends, after `copy_length` tokens on average. While it speaks, a copy
  begins with probability `copying` at each step, `lag` tokens back or, without
  a lag, from any earlier position but BOS alike. A token of a copy is broken
  with probability `broken`: in its place stands what the source would have
  said.

Temperature and last content token are read off the sequence itself, whether
copied or not. So the one hidden thing is the pointer, which can be filtered
exactly: see `language_optimum`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from transformers import PreTrainedTokenizerFast

from confidence_neurons.growing.tokenizer import BOS, BOS_ID, word_tokenizer

FIRST_CONTENT = BOS_ID + 1
PROBABILITIES = ("switching", "copying", "broken")
SPEAKS = -1

Tokens = Int[np.ndarray, "row position"]


@dataclass(frozen=True)
class Language:
    """The knobs of the source.

    Attributes
    ----------
    content : int
        How many content tokens there are.
    temperatures : tuple[float, ...]
        What the bigram logits are divided by; each has its marker token.
    switching : float
        Probability of a marker at each step.
    rank, scale : int, float
        Rank and standard deviation of the bigram logits.
    slope : float
        Of the logits over the logarithm of a token's rank by frequency.
    copying : float
        Probability that a copy begins, where there is none.
    copy_length : float
        Mean length of a copy, in tokens.
    lag : int
        How many tokens back a copy begins; 0 for anywhere.
    broken : float
        Probability that a token of a copy is another one.
    seed : int
        Decides the bigram logits.
    """

    content: int = 64
    temperatures: tuple[float, ...] = (0.4, 1.0, 2.5)
    switching: float = 0.1
    rank: int = 12
    scale: float = 3.0
    slope: float = 0.7
    copying: float = 0.0
    copy_length: float = 16.0
    lag: int = 0
    broken: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a language that cannot be."""
        object.__setattr__(self, "temperatures", tuple(self.temperatures))  # a list will do too
        if self.content < 2:
            raise ValueError(f"expected content of at least 2 tokens, got {self.content}")
        if not self.temperatures or not all(0 < t < np.inf for t in self.temperatures):
            raise ValueError(f"expected temperatures above 0, got {self.temperatures}")
        if not 1 <= self.rank <= self.content:
            raise ValueError(
                f"expected a rank from 1 to the number of content tokens, {self.content}, "
                f"got {self.rank}"
            )
        for name in PROBABILITIES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(
                    f"expected {name}, a probability, from 0 to 1, got {getattr(self, name)}"
                )
        if self.switching and len(self.temperatures) < 2:
            raise ValueError(
                "expected two temperatures or more to switch between, got "
                f"{self.temperatures}: give more, or switching=0"
            )
        if not self.copy_length >= 1:
            raise ValueError(f"expected a copy_length of at least 1, got {self.copy_length}")
        if self.lag < 0:
            raise ValueError(f"expected a lag of at least 0, got {self.lag}")

    @property
    def first_marker(self) -> int:
        """The id of the first temperature's marker; the others follow."""
        return FIRST_CONTENT + self.content

    @property
    def d_vocab(self) -> int:
        """BOS, content tokens, markers."""
        return self.first_marker + len(self.temperatures)

    @cached_property
    def bigram_logits(self) -> Float[np.ndarray, "previous content"]:
        """A row for BOS, as long as nothing has been said, and one for each content token."""
        rng = np.random.default_rng(self.seed)
        left = rng.standard_normal((1 + self.content, self.rank))
        right = rng.standard_normal((self.rank, self.content))
        ranks = np.arange(1, self.content + 1)
        return self.scale * left @ right / np.sqrt(self.rank) - self.slope * np.log(ranks)

    @cached_property
    def spoken(self) -> Float[np.ndarray, "temperature previous d_vocab"]:
        """What the source says next where it speaks, markers included."""
        heat = np.array(self.temperatures)
        scaled = self.bigram_logits / heat[:, None, None]
        bigrams = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
        bigrams /= bigrams.sum(axis=-1, keepdims=True)
        table = np.zeros((len(heat), 1 + self.content, self.d_vocab))
        table[..., FIRST_CONTENT : self.first_marker] = (1 - self.switching) * bigrams
        if len(heat) > 1:
            switches = (1 - np.eye(len(heat))) * self.switching / (len(heat) - 1)
            table[..., self.first_marker :] = switches[:, None]
        return table

    def context(self, tokens: Tokens) -> tuple[Tokens, Tokens]:
        """Which temperature holds at each position, and the last content token (0: none).

        The temperature of BOS, before the first marker, is -1.
        """
        is_marker = tokens >= self.first_marker
        is_content = (tokens >= FIRST_CONTENT) & ~is_marker
        temperature = _last(tokens - self.first_marker, is_marker, before=-1)
        return temperature, _last(tokens, is_content, before=BOS_ID)

    def draw(self, count: int, length: int, seed: int = 0) -> "Drawn":
        """Sequences of the language, drawn independently.

        Parameters
        ----------
        count : int
            How many.
        length : int
            Positions of each, BOS included; at least 2.
        seed : int
            Decides them.

        Returns
        -------
        Drawn
            Tokens, and what each was copied from.
        """
        if count < 1 or length < 2:
            raise ValueError(
                f"expected a count of at least 1 and a length of at least 2, got {count}, {length}"
            )
        rng = np.random.default_rng([self.seed, seed])
        tokens = np.full((count, length), BOS_ID)
        source = np.full((count, length), SPEAKS)
        tokens[:, 1] = self.first_marker + rng.integers(len(self.temperatures), size=count)
        temperature, previous = tokens[:, 1] - self.first_marker, tokens[:, 0].copy()
        cumulative = self.spoken.reshape(-1, self.d_vocab).cumsum(axis=1)
        cumulative /= cumulative[:, -1:]
        lines = (cumulative + np.arange(len(cumulative))[:, None]).ravel()
        rows = np.arange(count)
        for place in range(2, length):
            source[:, place] = self._point(rng, source[:, place - 1], place)
            line = temperature * (1 + self.content) + previous
            said = np.searchsorted(lines, line + rng.random(count), side="right")
            said = np.minimum(said - line * self.d_vocab, self.d_vocab - 1)
            whole = (source[:, place] != SPEAKS) & (rng.random(count) >= self.broken)
            new = np.where(whole, tokens[rows, source[:, place]], said)
            tokens[:, place] = new
            temperature = np.where(new >= self.first_marker, new - self.first_marker, temperature)
            previous = np.where(new < self.first_marker, new, previous)
        return Drawn(tokens, source)

    def _point(
        self, rng: np.random.Generator, before: Int[np.ndarray, " row"], place: int
    ) -> Int[np.ndarray, " row"]:
        """Where the source points at a position, or that it speaks."""
        chance, copies = rng.random(len(before)), before != SPEAKS
        moved = np.where(chance < 1 / self.copy_length, SPEAKS, before + 1)
        starts = self.starts(place)
        begun = np.full_like(before, SPEAKS)
        if starts:
            begun = np.where(chance < self.copying, rng.choice(starts, len(before)), SPEAKS)
        return np.where(copies, moved, begun)

    def starts(self, place: int) -> range:
        """The positions that a copy which begins at a position can begin to copy from."""
        earlier = range(1, place)
        return range(max(1, place - self.lag), place - self.lag + 1) if self.lag else earlier

    def tokenizer(self) -> PreTrainedTokenizerFast:
        """Content tokens are called w1, w2, ..., markers by their temperatures, as <0.4>."""
        words = [
            BOS,
            *(f"w{number}" for number in range(1, self.content + 1)),
            *(f"<{temperature:g}>" for temperature in self.temperatures),
        ]
        return word_tokenizer(words)


@dataclass(frozen=True)
class Drawn:
    """Sequences, and how they came about.

    Attributes
    ----------
    tokens : Int[np.ndarray, "row position"]
        Token ids.
    source : Int[np.ndarray, "row position"]
        The position that each token was copied from, broken or not; -1 where
        the source spoke.
    """

    tokens: Tokens
    source: Tokens

    @property
    def broken(self) -> np.ndarray:
        """Where a copy has another token than what it copies."""
        rows = np.arange(len(self.tokens))[:, None]
        return (self.source != SPEAKS) & (self.tokens != self.tokens[rows, self.source])


def _last(values: Tokens, where: np.ndarray, before: int) -> Tokens:
    """The value at the last position that is marked, up to each; `before` the first of them."""
    places = np.where(where, np.arange(values.shape[1]), -1)
    last = np.maximum.accumulate(places, axis=1)
    found = np.take_along_axis(values, np.maximum(last, 0), axis=1)
    return np.where(last < 0, before, found)
