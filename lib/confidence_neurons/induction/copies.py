"""Sequences of BOS and a segment that stands in them twice, and which positions to compare."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from confidence_neurons.text.rows import check_tokens


def check_copies(
    tokens: Int[Tensor, "batch position"], period: int, d_vocab: int | None = None
) -> None:
    """Refuse what is not BOS and two equal copies of `period` tokens.

    Raises
    ------
    TypeError, ValueError
        If `tokens` are no batch of token ids, or have another form.
    """
    check_tokens(tokens, d_vocab)
    if period < 1:
        raise ValueError(f"expected a period of at least 1, got {period}")
    length = tokens.shape[1]
    if length != 2 * period + 1 or not torch.equal(tokens[:, 1 : period + 1], tokens[:, -period:]):
        got = f"{length} positions" if length != 2 * period + 1 else "copies that differ"
        raise ValueError(
            f"expected BOS and two copies of {period} tokens ({2 * period + 1} positions), "
            f"got {got}: make them with repeated_random or repeated_prose"
        )


def copy_masks(
    tokens: Int[Tensor, "batch position"], period: int
) -> tuple[Bool[Tensor, "batch position"], Bool[Tensor, "batch position"]]:
    """Positions of the first copy, and those of the second whose next token can be copied.

    First copy: positions 1 to `period`. Its last prediction, of the second
    copy's first token, belongs to it: nothing tells yet that a copy begins.
    Second copy: positions `period` + 1 to 2 `period` - 1; position 2 `period`
    has no target.

    Raises
    ------
    ValueError
        If the sequences are not BOS and two copies of `period` tokens, or
        `period` is 1, which leaves no prediction in the second copy.
    """
    check_copies(tokens, period)
    if period < 2:
        raise ValueError(f"expected a period of at least 2, got {period}")
    positions = torch.arange(tokens.shape[1], device=tokens.device).expand(tokens.shape)
    first = (positions >= 1) & (positions <= period)
    second = (positions > period) & (positions < 2 * period)
    return first, second


def check_mask(mask: Bool[Tensor, "batch position"], shape: torch.Size) -> None:
    """Refuse a mask of another shape or type, and one that chooses nothing.

    Raises
    ------
    ValueError
        In each of these cases.
    """
    if mask.dtype != torch.bool or mask.shape != shape:
        raise ValueError(
            f"expected a mask of booleans of shape {tuple(shape)}, "
            f"got {mask.dtype} of shape {tuple(mask.shape)}"
        )
    if not mask.any():
        raise ValueError("expected a mask that chooses at least one position, got none")
