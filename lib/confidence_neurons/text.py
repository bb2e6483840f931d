"""Evaluation text as token ids: prose, corrupted prose, repeats.

Convention, used by every measure: a row is BOS followed by consecutive tokens
of one text. The target of position t is `tokens[:, t + 1]`, so the last
position of a row has no target and no measure may count it; `measured` drops
it, and BOS with it.
"""

import os
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge
from transformers import PreTrainedTokenizerBase

PASSAGES = files("confidence_neurons") / "data" / "passages"
SMALL_WORDS = {"a", "an", "and", "at", "from", "in", "of", "the", "to"}
FEWEST_POSITIONS = 3


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
    _expect_at_least("length", length, FEWEST_POSITIONS)
    if count is not None:
        _expect_at_least("count", count, 1)
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


def corrupt(
    tokens: Int[Tensor, "batch position"],
    rate: float,
    unigram: Shaped[Tensor, " d_vocab"],
    seed: int = 0,
) -> Int[Tensor, "batch position"]:
    """Replace a share of the tokens by independent draws from the unigram distribution.

    Each position but the first is replaced with probability `rate`; a draw may
    happen to equal the token it replaces. With one seed, what is replaced at a
    lower rate is replaced, by the same draws, at a higher one.

    Parameters
    ----------
    tokens:
        Left as it is; the result is a new tensor.
    rate:
        Probability of replacement, from 0 to 1.
    unigram:
        Probability or count of each token.
    seed:
        Decides which positions are replaced, and by what.

    Raises
    ------
    TypeError, ValueError
        If the tokens, the rate or the distribution are not of this form.
    """
    probabilities = _probabilities(unigram)
    check_tokens(tokens, len(probabilities))
    if not 0 <= rate <= 1:
        raise ValueError(f"expected a rate from 0 to 1, got {rate}")
    generator = torch.Generator().manual_seed(seed)
    replaced = torch.rand(tokens.shape, generator=generator) < rate
    replaced[:, 0] = False
    draws = torch.multinomial(
        probabilities, tokens.numel(), replacement=True, generator=generator
    ).view(tokens.shape)
    return torch.where(replaced.to(tokens.device), draws.to(tokens), tokens)


def repeated_random(
    d_vocab: int, period: int, copies: int = 2, count: int = 100, bos: int = 0, seed: int = 0
) -> Int[Tensor, "count position"]:
    """Rows of BOS and `period` random tokens, the latter repeated `copies` times.

    Tokens are uniform over the vocabulary without BOS; a row has
    1 + period * copies positions.

    Raises
    ------
    ValueError
        If a size is too small, or `bos` is not in the vocabulary.
    """
    _expect_at_least("d_vocab", d_vocab, 2)
    _expect_at_least("period", period, 1)
    _expect_at_least("copies", copies, 1)
    _expect_at_least("count", count, 1)
    if not 0 <= bos < d_vocab:
        raise ValueError(f"expected bos from 0 to {d_vocab - 1}, got {bos}")
    generator = torch.Generator().manual_seed(seed)
    segment = torch.randint(d_vocab - 1, (count, period), generator=generator)
    segment += segment >= bos
    tokens = torch.cat([torch.full((count, 1), bos), segment.repeat(1, copies)], dim=1)
    check_tokens(tokens, d_vocab)
    return tokens


def repeated_prose(
    tokens: Int[Tensor, "batch position"], period: int, copies: int = 2
) -> Int[Tensor, "batch repeated"]:
    """Rows of BOS and the first `period` tokens after it, the latter repeated `copies` times.

    Raises
    ------
    TypeError, ValueError
        If the tokens are not of the usual form, or have fewer than `period`
        positions after BOS, or the result has fewer than 3 positions.
    """
    check_tokens(tokens)
    _expect_at_least("period", period, 1)
    _expect_at_least("copies", copies, 1)
    if period > tokens.shape[1] - 1:
        raise ValueError(
            f"expected a period of at most {tokens.shape[1] - 1}, the tokens after BOS, "
            f"got {period}"
        )
    repeated = torch.cat([tokens[:, :1], tokens[:, 1 : 1 + period].repeat(1, copies)], dim=1)
    check_tokens(repeated)
    return repeated


def measured(values: Shaped[Tensor, "batch position *rest"]) -> Shaped[Tensor, "batch kept *rest"]:
    """Drop the positions that no measure counts: BOS, and the last, which has no target.

    The target of position t is `tokens[:, t + 1]`. What was measured at the
    remaining positions belongs to the targets `tokens[:, 2:]`.

    Raises
    ------
    ValueError
        If there are fewer than 3 positions.
    """
    if values.ndim < 2 or values.shape[1] < FEWEST_POSITIONS:
        raise ValueError(
            f"expected values [batch, position] with at least {FEWEST_POSITIONS} positions, "
            f"got shape {list(values.shape)}"
        )
    return values[:, 1:-1]


def check_tokens(tokens: Int[Tensor, "batch position"], d_vocab: int | None = None) -> None:
    """Refuse what is not a batch of token ids; without `d_vocab` ids have no upper bound.

    Raises
    ------
    TypeError
        If `tokens` is not a tensor of integers.
    ValueError
        If it has not two axes, at least one row and at least 3 positions, or
        an id lies outside the vocabulary.
    """
    if not isinstance(tokens, Tensor):
        raise TypeError(f"expected tokens as a torch.Tensor, got {type(tokens).__name__}")
    if tokens.is_floating_point() or tokens.is_complex() or tokens.dtype == torch.bool:
        raise TypeError(f"expected tokens of an integer type, got {tokens.dtype}")
    if tokens.ndim != 2:
        raise ValueError(f"expected tokens [batch, position], got shape {list(tokens.shape)}")
    if tokens.shape[0] < 1 or tokens.shape[1] < FEWEST_POSITIONS:
        raise ValueError(
            f"expected at least 1 row and {FEWEST_POSITIONS} positions, "
            f"got shape {list(tokens.shape)}"
        )
    lowest, highest = int(tokens.min()), int(tokens.max())
    if lowest < 0 or (d_vocab is not None and highest >= d_vocab):
        allowed = "at least 0" if d_vocab is None else f"from 0 to {d_vocab - 1}"
        raise ValueError(
            f"expected token ids {allowed}, got ids from {lowest} to {highest}: "
            "were they made by another model's tokenizer?"
        )


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


def _probabilities(unigram: Shaped[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
    """In float64 on the CPU; not normalised, torch.multinomial does that."""
    if not isinstance(unigram, Tensor) or unigram.ndim != 1 or len(unigram) == 0:
        got = list(unigram.shape) if isinstance(unigram, Tensor) else type(unigram).__name__
        raise ValueError(f"expected unigram as a tensor [d_vocab], got {got}")
    probabilities = unigram.detach().cpu().double()
    if not probabilities.isfinite().all() or (probabilities < 0).any() or not probabilities.any():
        raise ValueError(
            "expected unigram probabilities or counts: finite, none negative, not all zero; got "
            f"values from {probabilities.min():g} to {probabilities.max():g}"
        )
    return probabilities


def _expect_at_least(what: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"expected {what} of at least {least}, got {value}")
