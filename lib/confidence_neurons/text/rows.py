"""What a batch of token ids is, and which of its positions count."""

import torch
from jaxtyping import Int, Shaped
from torch import Tensor

FEWEST_POSITIONS = 3
INTEGERS = (torch.int64, torch.int32)  # what an embedding takes


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
        If `tokens` is not a tensor of type int64 or int32.
    ValueError
        If it has not two axes, at least one row and at least 3 positions, or
        an id lies outside the vocabulary.
    """
    if not isinstance(tokens, Tensor):
        raise TypeError(f"expected tokens as a torch.Tensor, got {type(tokens).__name__}")
    if tokens.dtype not in INTEGERS:
        raise TypeError(
            f"expected tokens of a 64-bit or 32-bit integer type, got {tokens.dtype}: "
            "where they are token ids, convert them with tokens.long()"
        )
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


def expect_at_least(what: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"expected {what} of at least {least}, got {value}")
