"""Prose as rows of token ids: the bundled passages, or a text of your own."""

import os
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge
from transformers import PreTrainedTokenizerBase

from confidence_neurons.text.rows import FEWEST_POSITIONS, check_tokens, expect_at_least

PASSAGES = files("confidence_neurons") / "data" / "passages"
SMALL_WORDS = {"a", "an", "and", "at", "from", "in", "of", "the", "to"}


def passages() -> dict[str, str]:
    """The bundled passages, title -> text, in the order of their file names."""
    found = sorted((file for file in PASSAGES.iterdir()), key=lambda file: file.name)
    return {
        _title(file.name): file.read_text(encoding="utf-8")
        for file in found
        if file.name.endswith(".txt")
    }


def tokenise(
    tokenizer: PreTrainedTokenizerBase,
    text: str | Iterable[str],
    length: int = 256,
    count: int | None = None,
) -> Int[Tensor, "batch position"]:
    """Cut text into rows of BOS and `length - 1` consecutive tokens.

    Rows follow one another without overlap and never cross from one text into
    the next; what is left over at the end of each text is dropped.

    Parameters
    ----------
    tokenizer:
        Encodes each text as it stands, without special tokens.
    text:
        One text, or several.
    length:
        Tokens in a row, BOS included.
    count:
        How many rows to return, the first ones; all by default.

    Raises
    ------
    ValueError
        If the tokenizer has no BOS token, `length` is below 3, the text has
        no words, or it is too short for one row or for `count` rows.
    """
    bos = tokenizer.bos_token_id
    if bos is None:
        raise ValueError(
            "expected a tokenizer with a beginning-of-sequence token, got none: set bos_token"
        )
    expect_at_least("length", length, FEWEST_POSITIONS)
    if count is not None:
        expect_at_least("count", count, 1)
    texts = [text] if isinstance(text, str) else list(text)
    if not any(one.strip() for one in texts):
        raise ValueError("expected text, got none or only white space")
    rows, longest = [], 0
    for one in texts:
        ids = tokenizer(one, add_special_tokens=False, verbose=False)["input_ids"]
        longest = max(longest, len(ids))
        last_start = len(ids) - (length - 1)
        rows += [[bos, *ids[i : i + length - 1]] for i in range(0, last_start + 1, length - 1)]
    if not rows:
        raise ValueError(
            f"expected a text of at least {length - 1} tokens for a row of length {length}, the "
            f"longest one has {longest}: give a longer text or a smaller length"
        )
    if count is not None and count > len(rows):
        raise ValueError(
            f"expected text for {count} rows of length {length}, got enough for {len(rows)}: "
            "give more text, or a smaller count or length"
        )
    return torch.tensor(rows[:count])


def prose_tokens(
    model: TransformerBridge, length: int = 256, count: int | None = None
) -> Int[Tensor, "batch position"]:
    """The bundled passages as rows of the model's tokens, on the model's device.

    Raises
    ------
    ValueError
        As `tokenise`; also if `length` exceeds the model's context.
    """
    return _model_tokens(model, passages().values(), length, count)


def tokens_from_text(
    model: TransformerBridge, text: str, length: int = 256, count: int | None = None
) -> Int[Tensor, "batch position"]:
    """A text of your own as rows of the model's tokens, on the model's device.

    Raises
    ------
    ValueError
        As `tokenise`; also if `length` exceeds the model's context.
    """
    return _model_tokens(model, text, length, count)


def tokens_from_file(
    model: TransformerBridge,
    path: str | os.PathLike[str],
    length: int = 256,
    count: int | None = None,
) -> Int[Tensor, "batch position"]:
    """A UTF-8 text file of your own as rows of the model's tokens.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not in UTF-8; otherwise as `tokens_from_text`.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(
            f"{path}: expected a text file, there is none (working directory: {Path.cwd()})"
        )
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: expected UTF-8, got a byte that is not at offset {error.start}: "
            "save the file as UTF-8"
        ) from None
    if not text.strip():
        raise ValueError(f"{path}: expected text, got an empty file")
    return _model_tokens(model, text, length, count)


def _title(file_name: str) -> str:
    """'03-the-town-of-market-weston.txt' -> 'The Town of Market Weston'."""
    first, *others = file_name.removesuffix(".txt").split("-")[1:]
    words = [word if word in SMALL_WORDS else word.capitalize() for word in others]
    return " ".join([first.capitalize(), *words])


def _model_tokens(
    model: TransformerBridge, text: str | Iterable[str], length: int, count: int | None
) -> Int[Tensor, "batch position"]:
    if length > model.cfg.n_ctx:
        raise ValueError(
            f"expected a length of at most {model.cfg.n_ctx}, the model's context, got {length}"
        )
    tokens = tokenise(model.tokenizer, text, length, count)
    check_tokens(tokens, model.cfg.d_vocab)
    return tokens.to(model.cfg.device)
