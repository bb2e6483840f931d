"""The text of a scan: rows of tokens, every second one to choose neurons on."""

import hashlib
import sys
from dataclasses import dataclass
from typing import Any

from jaxtyping import Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.command.settings import Settings
from confidence_neurons.model.ends import Model

DEFAULT_TOKENS = 4096
FEWEST_ROWS = 4  # two to choose on, and two to measure on: intervals need two
STANDARD_INPUT = "-"
CHARACTERS = 64  # a token, at most, of what is read from standard input


@dataclass(frozen=True)
class Rows:
    """Rows of tokens.

    Attributes
    ----------
    tokens
        All of them.
    source
        What the text is called.
    """

    tokens: Int[Tensor, "batch position"]
    source: str

    @property
    def choosing(self) -> Int[Tensor, "some position"]:
        """The rows that neurons are chosen on: every second one, the first included."""
        return self.tokens[0::2]

    @property
    def reporting(self) -> Int[Tensor, "others position"]:
        """The other rows: everything that is reported was measured here."""
        return self.tokens[1::2]

    def record(self) -> dict[str, Any]:
        """For settings.json."""
        ids = self.tokens.cpu().numpy().astype("<i8").tobytes()
        return {
            "source": self.source,
            "rows": len(self.tokens),
            "row_length": self.tokens.shape[1],
            "tokens": self.tokens.numel(),
            "rows_chosen_on": "0, 2, 4, ...",
            "rows_measured_on": "1, 3, 5, ...",
            "sha256_of_token_ids": hashlib.sha256(ids).hexdigest(),
        }


def read_rows(model: Model, settings: Settings) -> Rows:
    """The rows that the settings ask for.

    Raises
    ------
    ValueError
        If the text has too few tokens.
    """
    length = min(settings.length, model.cfg.n_ctx)
    wanted = settings.tokens or DEFAULT_TOKENS
    count = max(FEWEST_ROWS, wanted // length)
    if settings.tokens is not None and settings.tokens < FEWEST_ROWS * length:
        length = max(4, settings.tokens // FEWEST_ROWS)
    read, source = _reader(model, settings.text, count * length)
    try:
        tokens = read(length, count)
    except ValueError:
        if settings.tokens is not None:
            raise
        tokens = read(length, None)
    if len(tokens) < FEWEST_ROWS:
        raise ValueError(
            f"expected text for at least {FEWEST_ROWS} rows of {length} tokens, got enough for "
            f"{len(tokens)}: give a longer text, or a smaller --length"
        )
    return Rows(tokens[:count], source)


def _reader(model: Model, text: str | None, tokens: int) -> tuple[Any, str]:
    """What gives rows of a length, and the name of the text."""
    if text is None:
        return lambda length, count: cn.prose_tokens(model, length, count), "the book's passages"
    if text == STANDARD_INPUT:
        given = _standard_input(tokens * CHARACTERS)
        return lambda length, count: cn.tokens_from_text(
            model, given, length, count
        ), "standard input"
    return lambda length, count: cn.tokens_from_file(model, text, length, count), text


def _standard_input(characters: int) -> str:
    """The beginning of standard input, in UTF-8."""
    try:
        read = sys.stdin.buffer.read(characters)
        # What was cut in the middle of a character loses that one.
        given = read.decode("utf-8", errors="strict" if len(read) < characters else "ignore")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"standard input: expected UTF-8, got other bytes ({error.reason})"
        ) from None
    if not given.strip():
        raise ValueError("standard input: expected text, got none or only white space")
    return given
