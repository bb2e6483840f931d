"""Prose as rows of token ids: the bundled passages, or a text of your own.

Of a long text no more is read and tokenised than the rows need; they are those
that tokenising all of it would give.
"""

import os
from collections.abc import Iterable
from importlib.resources import files
from itertools import chain
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from confidence_neurons.checks import checked
from confidence_neurons.model.ends import Model
from confidence_neurons.text.beginning import first_ids
from confidence_neurons.text.plain import as_trained

PASSAGES = files("confidence_neurons") / "data" / "passages"
SMALL_WORDS = {"a", "an", "and", "at", "from", "in", "of", "the", "to"}
PIECE = 1 << 16  # characters


@checked
def passages() -> dict[str, str]:
    """The bundled passages: pastiches of nineteenth-century prose, written for the book.

    Returns
    -------
    dict of str to str
        Title -> text, in the order of the book.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> next(iter(cn.passages()))
    'The Parsonage'
    """
    found = sorted((file for file in PASSAGES.iterdir()), key=lambda file: file.name)
    return {
        _title(file.name): file.read_text(encoding="utf-8")
        for file in found
        if file.name.endswith(".txt")
    }


@checked
def prose_tokens(
    model: Model, length: int = 256, count: int | None = None
) -> Int[Tensor, "batch position"]:
    """The bundled passages as rows of the model's tokens.

    Rows begin with BOS, follow one another without overlap and never cross
    from one passage into the next.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    length : int
        Tokens in a row, BOS included.
    count : int, optional
        How many rows to return, the first ones; all by default.

    Returns
    -------
    Int[Tensor, "batch position"]
        Token ids, on the model's device.

    Raises
    ------
    ValueError
        If the passages are too short for a row, or for `count` rows.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> cn.prose_tokens(cn.load_model("prose"), length=128, count=4).shape
    torch.Size([4, 128])
    """
    return _model_rows(model, ([text] for text in passages().values()), length, count)


@checked
def tokens_from_text(
    model: Model,
    text: str,
    length: int = 256,
    count: int | None = None,
    plain: bool = True,
) -> Int[Tensor, "batch position"]:
    """A text of your own as rows of the model's tokens.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    text : str
        Any text; what is left over at its end is dropped.
    length : int
        Tokens in a row, BOS included.
    count : int, optional
        How many rows to return, the first ones; all by default.
    plain : bool
        For a bundled model, put plain characters in the place of curly
        quotes, dashes, ellipses and the like (see `plain_text`): it was
        trained on plain ones only, and loses more than half a nat a token on
        the others. For any other model the text is read as it stands.

    Returns
    -------
    Int[Tensor, "batch position"]
        Token ids, on the model's device.

    Raises
    ------
    ValueError
        If the text is too short for a row, or for `count` rows.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> text = "“I have nothing to say,” he said… and said it at length."
    >>> model.tokenizer.decode(cn.tokens_from_text(model, text, length=15)[0, 1:])
    '"I have nothing to say," he said... and said it at'
    """
    pieces = (text[start : start + PIECE] for start in range(0, len(text), PIECE))
    return _model_rows(model, [as_trained(model, pieces, plain)], length, count)


@checked
def tokens_from_file(
    model: Model,
    path: str | os.PathLike[str],
    length: int = 256,
    count: int | None = None,
    plain: bool = True,
) -> Int[Tensor, "batch position"]:
    """A text file of your own, in UTF-8, as rows of the model's tokens.

    The file is read as far as `count` rows need.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    path : str or Path
        Path of the file.
    length : int
        Tokens in a row, BOS included.
    count : int, optional
        How many rows to return, the first ones; all by default.
    plain : bool
        As for `tokens_from_text`.

    Returns
    -------
    Int[Tensor, "batch position"]
        Token ids, on the model's device.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If what is read of it is not in UTF-8, or too short for a row, or for
        `count` rows.

    Examples
    --------
    >>> import confidence_neurons as cn, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "own.txt")
    >>> _ = path.write_text("It was a fine day. " * 20)
    >>> cn.tokens_from_file(cn.load_model("prose"), path, length=16, count=2).shape
    torch.Size([2, 16])
    """
    file = Path(os.path.expanduser(path))  # leaves an unknown user's as it is
    if not file.is_file():
        raise FileNotFoundError(
            f"{path}: expected a text file, there is none (working directory: {Path.cwd()})"
        )
    try:
        with file.open(encoding="utf-8-sig") as opened:
            pieces = iter(lambda: opened.read(PIECE), "")
            first = next(pieces, "")
            if not first.strip():
                raise ValueError(f"{path}: expected text, got none or only white space")
            text = as_trained(model, chain([first], pieces), plain)
            return _model_rows(model, [text], length, count)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8, got other bytes ({error.reason})") from None


def rows_of(
    tokenizer: PreTrainedTokenizerBase,
    texts: Iterable[Iterable[str]],
    length: int,
    count: int | None,
) -> Int[Tensor, "batch position"]:
    """Rows of BOS and `length - 1` consecutive tokens, of several texts that come in pieces.

    Each text is encoded as it stands, without special tokens. Rows follow one
    another without overlap and never cross from one text into the next; what
    is left over at the end of each text is dropped.

    Raises
    ------
    ValueError
        If no text is long enough for a row, or all are too short for `count`.
    """
    rows, longest, body = [], 0, length - 1
    for pieces in texts:
        ids = first_ids(tokenizer, pieces, None if count is None else (count - len(rows)) * body)
        longest = max(longest, len(ids))
        starts = range(0, len(ids) - body + 1, body)
        rows += [[tokenizer.bos_token_id, *ids[start : start + body]] for start in starts]
        if count is not None and len(rows) >= count:
            return torch.tensor(rows[:count])
    if not rows:
        raise ValueError(
            f"expected a text of at least {body} tokens for a row of length {length}, the "
            f"longest one has {longest}: give a longer text or a smaller length"
        )
    if count is not None:
        raise ValueError(
            f"expected text for {count} rows of length {length}, got enough for {len(rows)}: "
            "give more text, or a smaller count or length"
        )
    return torch.tensor(rows)


def _model_rows(
    model: Model, texts: Iterable[Iterable[str]], length: int, count: int | None
) -> Int[Tensor, "batch position"]:
    return rows_of(model.tokenizer, texts, length, count).to(model.cfg.device)


def _title(file_name: str) -> str:
    """'03-the-town-of-market-weston.txt' -> 'The Town of Market Weston'."""
    first, *others = file_name.removesuffix(".txt").split("-")[1:]
    words = [word if word in SMALL_WORDS else word.capitalize() for word in others]
    return " ".join([first.capitalize(), *words])
