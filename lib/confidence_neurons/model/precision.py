"""In what precision numbers of a model are worked with."""

import torch
from jaxtyping import Float
from torch import Tensor


def wide(numbers: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """The same numbers in single precision at least; double ones stay as they are."""
    return numbers if numbers.dtype == torch.float64 else numbers.float()
