"""The best that can be said of a language's next token: exact Bayesian filtering.

Where the source points is hidden. The filter keeps, for each position, the
probability of every pointer given the prefix: it speaks, or it copies from one
of the positions before. A step moves these probabilities as the source moves
its pointer, mixes what each pointer would emit into the distribution of the
next token, and weights the pointers by what they gave the token that came.
The cost is quadratic in the length of a sequence.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from confidence_neurons.growing.language import SPEAKS, Drawn, Language, Tokens
from confidence_neurons.growing.tokenizer import BOS_ID


@dataclass(frozen=True)
class Optimum:
    """Position i of each says what is known of token i + 1 given tokens 0 to i.

    Attributes
    ----------
    probabilities : Float[np.ndarray, "row position d_vocab"]
        The Bayes-optimal distribution of the next token.
    copies : Float[np.ndarray, "row position"]
        Probability that the next token is one of a copy.
    """

    probabilities: Float[np.ndarray, "row position d_vocab"]
    copies: Float[np.ndarray, "row position"]

    @property
    def entropy(self) -> Float[np.ndarray, "row position"]:
        """In nats."""
        p = self.probabilities
        return -(p * np.log(np.where(p > 0, p, 1))).sum(axis=-1)

    def loss(self, tokens: Tokens) -> Float[np.ndarray, "row position_but_last"]:
        """Of the tokens that came, in nats."""
        given = np.take_along_axis(self.probabilities[:, :-1], tokens[:, 1:, None], axis=-1)
        return -np.log(given[..., 0])


def optimum(language: Language, tokens: Tokens) -> Optimum:
    """The Bayes-optimal distribution of the next token at every position.

    Parameters
    ----------
    language : Language
        That the sequences are from.
    tokens : Int[np.ndarray, "row position"]
        Rows as `Language.draw` makes them: BOS, a marker, and so on.

    Returns
    -------
    Optimum
        Distributions, and how likely a copy is.

    Raises
    ------
    ValueError
        If a row does not begin with BOS and a marker, or a token could not
        have come where it stands.
    """
    _need_beginning(language, tokens)
    count, length = tokens.shape
    rows = np.arange(count)
    temperature, previous = language.context(tokens)
    probabilities = np.zeros((count, length, language.d_vocab))
    probabilities[:, 0, language.first_marker :] = 1 / len(language.temperatures)
    copies = np.zeros((count, length))
    speaks = np.ones(count)  # weights of the pointers at the position filtered last
    points = np.zeros((count, length))
    for place in range(2, length + 1):
        speaks, points = _move(language, speaks, points, place)
        spoken = language.spoken[temperature[:, place - 1], previous[:, place - 1]]
        copied = points.sum(axis=1)
        said = speaks + language.broken * copied
        ahead = said[:, None] * spoken
        whole = (1 - language.broken) * points
        np.add.at(ahead, (rows[:, None], tokens[:, :place]), whole[:, :place])
        probabilities[:, place - 1], copies[:, place - 1] = ahead, copied
        if place == length:
            break
        token = tokens[:, place]
        evidence, own = ahead[rows, token], spoken[rows, token]
        if not (evidence > 0).all():
            row = int(np.argmin(evidence > 0))
            raise ValueError(
                f"expected a sequence of this language, got token {token[row]} at position "
                f"{place} of row {row}, which cannot come there: take rows from draw"
            )
        same = tokens == token[:, None]
        points = (whole * same + language.broken * points * own[:, None]) / evidence[:, None]
        speaks = speaks * own / evidence
    return Optimum(probabilities, copies)


def copied_next(drawn: Drawn) -> np.ndarray:
    """Where the next token is one of a copy; never at the last position."""
    ahead = np.zeros_like(drawn.source, dtype=bool)
    ahead[:, :-1] = drawn.source[:, 1:] != SPEAKS
    return ahead


def _move(
    language: Language,
    speaks: Float[np.ndarray, " row"],
    points: Float[np.ndarray, "row position"],
    place: int,
) -> tuple[Float[np.ndarray, " row"], Float[np.ndarray, "row position"]]:
    """From the pointers of one position to those of the next, before its token is known."""
    ends = 1 / language.copy_length
    moved = np.zeros_like(points)
    moved[:, 1:] = (1 - ends) * points[:, :-1]
    starts = language.starts(place)
    begins = language.copying * speaks if starts else 0 * speaks
    moved[:, list(starts)] += begins[:, None] / max(1, len(starts))
    return speaks - begins + ends * points.sum(axis=1), moved


def _need_beginning(language: Language, tokens: Tokens) -> None:
    begins = (tokens[:, 0] == BOS_ID) & (tokens[:, 1] >= language.first_marker)
    inside = (tokens >= 0).all() and (tokens < language.d_vocab).all()
    if not (begins.all() and inside):
        raise ValueError(
            f"expected rows of BOS, a marker and tokens below {language.d_vocab}, as draw makes "
            f"them, got one that begins {tokens[int(np.argmin(begins)), :2].tolist()}"
        )
