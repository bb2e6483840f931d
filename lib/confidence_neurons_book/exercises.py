"""Self-checks: compare a reader's function with the library's."""

from collections.abc import Callable
from typing import Any

import torch

Function = Callable[..., Any]


def check_answer(
    answer: Function, reference: Function, *inputs: tuple[Any, ...], tolerance: float = 1e-4
) -> str:
    """Call both functions on each tuple of inputs and say how they agree.

    An error inside the answer is reported, not raised, so that a chapter runs
    through with its exercises unsolved.

    Parameters
    ----------
    answer : callable
        The reader's function; unsolved where it gives None or Ellipsis.
    reference : callable
        The library's.
    *inputs : tuple
        What to call them with, one tuple of arguments for each call.
    tolerance : float
        Largest difference, absolute and relative, that is still right.

    Returns
    -------
    str
        A sentence to print: not answered yet, the first input on which the
        two differ, or that all agree.

    Raises
    ------
    ValueError
        If there is no input to compare on.
    """
    if not inputs:
        raise ValueError("expected at least one tuple of inputs to compare on")
    for number, arguments in enumerate(inputs, start=1):
        expected = torch.as_tensor(reference(*arguments))
        try:
            result = answer(*arguments)
            if result is None or result is Ellipsis:
                return "Not answered yet: replace the ... in the function's body."
        except Exception as error:
            return f"Input {number}: your function raised {type(error).__name__}: {error}"
        try:
            found = torch.as_tensor(result, device=expected.device)
        except (TypeError, ValueError, RuntimeError):
            return f"Input {number}: expected a number or a tensor, got {type(result).__name__}."
        if found.shape != expected.shape:
            return (
                f"Input {number}: expected shape {tuple(expected.shape)}, got {tuple(found.shape)}."
            )
        if not torch.allclose(
            found.double(), expected.double(), rtol=tolerance, atol=tolerance, equal_nan=True
        ):
            worst = (found.double() - expected.double()).abs()
            if not worst[expected.isfinite()].isfinite().all():
                return f"Input {number}: not yet, NaN or infinite where the reference is not."
            worst = worst.nan_to_num(0).max().item()
            return f"Input {number}: not yet, off by up to {worst:.3g}."
    count = "1 input" if len(inputs) == 1 else f"{len(inputs)} inputs"
    return f"Correct: agrees with the reference on {count}."
