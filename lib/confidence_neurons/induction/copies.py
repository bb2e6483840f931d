"""Sequences of BOS and a segment that stands in them twice, and which positions to compare."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from confidence_neurons.checks import checked
from confidence_neurons.text.altered import need_copies


@checked
def copy_masks(
    tokens: Int[Tensor, "batch position"], period: int
) -> tuple[Bool[Tensor, "batch position"], Bool[Tensor, "batch position"]]:
    """Positions of the first copy, and those of the second whose next token can be copied.

    First copy: positions 1 to `period`. Its last prediction, of the second
    copy's first token, belongs to it: nothing tells yet that a copy begins.
    Second copy: positions `period` + 1 to 2 `period` - 1; position 2 `period`
    has no target.

    Parameters
    ----------
    tokens : Int[Tensor, "batch position"]
        BOS and two copies of `period` tokens.
    period : int
        At least 2: one token leaves no prediction in the second copy.

    Returns
    -------
    tuple[Bool[Tensor, "batch position"], Bool[Tensor, "batch position"]]
        Masks of the first and of the second copy, for `State.at`.

    Raises
    ------
    ValueError
        If the sequences are not BOS and two copies, or `period` is 1.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> tokens = cn.repeated_random(d_vocab=50, period=3, count=1)
    >>> first, second = cn.induction.copy_masks(tokens, period=3)
    >>> second.long()
    tensor([[0, 0, 0, 0, 1, 1, 0]])
    """
    need_copies(tokens, period)
    if period < 2:
        raise ValueError(f"expected a period of at least 2, got {period}")
    positions = torch.arange(tokens.shape[1], device=tokens.device).expand(tokens.shape)
    first = (positions >= 1) & (positions <= period)
    second = (positions > period) & (positions < 2 * period)
    return first, second
