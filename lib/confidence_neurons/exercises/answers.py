"""What an answer gives for one input: numbers, or why there are none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

Function = Callable[..., Any]
Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Given:
    """What a function gave for one input.

    Attributes
    ----------
    numbers : Tensor or None
        Its result on the CPU, truth values as they are and all else in double precision.
    trouble : str
        Why there are no numbers, in words.
    answered : bool
        Whether it gave anything: None and Ellipsis are what a stub gives.
    """

    numbers: Tensor | None = None
    trouble: str = ""
    answered: bool = True


def given_by(function: Function, arguments: Arguments) -> Given:
    """Call a reader's function on copies of the arguments; an error inside is told, not raised."""
    try:
        result = function(*map(_copy, arguments))
    except Exception as error:
        return Given(trouble=f"your function raised {type(error).__name__}: {error}")
    if result is None or result is ...:
        return Given(answered=False)
    try:
        return Given(numbers_of(result))
    except (TypeError, ValueError, RuntimeError):
        return Given(trouble=f"expected a number or a tensor, got {_kind(result)}")


def right_for(reference: Function, arguments: Arguments) -> Tensor:
    """What the reference gives; its errors are raised."""
    return numbers_of(reference(*map(_copy, arguments)))


def numbers_of(result: Any) -> Tensor:
    """A result as a tensor: a number, list, array, frame or tensor of any precision."""
    if isinstance(result, pd.Series | pd.DataFrame | np.ndarray):
        result = np.array(result)  # a copy that can be written to
    if isinstance(result, list | tuple) and any(isinstance(part, Tensor) for part in result):
        result = torch.stack([torch.as_tensor(part).detach() for part in result])
    found = torch.as_tensor(result).detach().cpu()
    return found if found.dtype == torch.bool else found.double()


def agree(found: Tensor | None, expected: Tensor, tolerance: float) -> bool:
    """Whether two results have one shape and the same numbers."""
    return (
        found is not None
        and found.shape == expected.shape
        and torch.allclose(
            found.double(), expected.double(), rtol=tolerance, atol=tolerance, equal_nan=True
        )
    )


def _copy(argument: Any) -> Any:
    """Whoever changes an input changes a copy."""
    if isinstance(argument, Tensor):
        return argument.clone()
    if isinstance(argument, pd.Series | pd.DataFrame | np.ndarray):
        return argument.copy()
    return argument


def _kind(result: Any) -> str:
    kind = type(result).__name__
    return f"{kind} of {len(result)}" if isinstance(result, list | tuple | dict) else kind
