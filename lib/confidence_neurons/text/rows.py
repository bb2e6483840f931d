"""What a batch of token ids is, and which of its positions count.

A row is BOS and consecutive tokens. The target of position t is the token at
t + 1.
"""

import torch
from jaxtyping import Int, Shaped
from torch import Tensor

from confidence_neurons.checks import FEWEST_POSITIONS


def measured(values: Shaped[Tensor, "batch position *rest"]) -> Shaped[Tensor, "batch kept *rest"]:
    """Drop the positions that no measure counts: BOS, and the last, which has no target.

    What was measured at the remaining positions belongs to the targets
    `tokens[:, 2:]`.

    Parameters
    ----------
    values : Shaped[Tensor, "batch position *rest"]
        Anything that has a value, or several, at each position.

    Returns
    -------
    Shaped[Tensor, "batch kept *rest"]
        The same for all positions but the first and the last.

    Raises
    ------
    ValueError
        If there are fewer than 3 positions.

    Examples
    --------
    >>> import torch
    >>> from confidence_neurons.text.rows import measured
    >>> measured(torch.tensor([[0, 5, 6, 7]]))
    tensor([[5, 6]])
    """
    if values.ndim < 2 or values.shape[1] < FEWEST_POSITIONS:
        raise ValueError(
            f"expected values [batch, position] with at least {FEWEST_POSITIONS} positions, "
            f"got shape {list(values.shape)}"
        )
    return values[:, 1:-1]


def need_copies(tokens: Int[Tensor, "batch position"], period: int) -> None:
    """Refuse what is not BOS and two equal copies of `period` tokens.

    Raises
    ------
    ValueError
        If the rows have another length, or the copies differ.
    """
    length = tokens.shape[1]
    if length != 2 * period + 1 or not torch.equal(tokens[:, 1 : period + 1], tokens[:, -period:]):
        got = f"{length} positions" if length != 2 * period + 1 else "copies that differ"
        raise ValueError(
            f"expected BOS and two copies of {period} tokens ({2 * period + 1} positions), "
            f"got {got}: make them with repeated_random or repeated_prose"
        )
