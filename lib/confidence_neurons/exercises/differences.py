"""How wrong numbers differ from the right ones, in words."""

import inspect
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from confidence_neurons.exercises.answers import Arguments, Function, agree

LEAST_ENTRIES = 3  # so many must differ alike before a rule is read into it
FACTORS = {
    1 / math.log(2): "1 / ln 2, as if a logarithm were to base 2",
    math.log(2): "ln 2, as if nats had been taken for bits",
    1 / math.log(10): "1 / ln 10, as if a logarithm were to base 10",
}


def difference(
    found: Sequence[Tensor], expected: Sequence[Tensor], inputs: Sequence[str], tolerance: float
) -> tuple[int, str]:
    """Say what is wrong with numbers that are not all right.

    Parameters
    ----------
    found, expected : sequence of Tensor
        One of each for every input.
    inputs : sequence of str
        What each input is, in words.
    tolerance : float
        Largest difference, absolute and relative, that is still right.

    Returns
    -------
    tuple of int and str
        The place of the first input that went wrong, and a sentence.
    """
    right = [agree(*pair, tolerance) for pair in zip(found, expected, strict=True)]
    first = right.index(False)
    for at, (got, wanted) in enumerate(zip(found, expected, strict=True)):
        if got.shape != wanted.shape:
            return at, f"{_input(at, inputs)}: {_shapes(got, wanted)}."
    unreal = _unreal(found[first], expected[first])
    if unreal:
        return first, f"{_input(first, inputs)}: {unreal}."
    rule = _rule(found, expected, tolerance)
    if rule:
        return first, f"{rule}."
    count = f"right on {sum(right)} of {len(right)} inputs; " if len(right) > 1 else ""
    where = _input(first, inputs)
    return first, f"{count}{where}: {_entries(found[first], expected[first], tolerance)}."


def in_words(reference: Function, arguments: Arguments) -> str:
    """What an input is: the names of the arguments, with shapes or values."""
    names = list(inspect.signature(reference).parameters)
    return ", ".join(
        f"{name} {_size(value)}" for name, value in zip(names, arguments, strict=False)
    )


def _input(at: int, inputs: Sequence[str]) -> str:
    return f"input {at + 1} ({inputs[at]})"


def _size(value: Any) -> str:
    if hasattr(value, "shape"):
        return str(list(value.shape))
    if isinstance(value, bool | int | float | str):
        return f"{value:.4g}" if isinstance(value, float) else repr(value)[:40]
    return f"a {type(value).__name__}"


def _shapes(found: Tensor, expected: Tensor) -> str:
    got, wanted = list(found.shape), list(expected.shape)
    told = f"expected shape {wanted}, got {got}"
    if not wanted:
        return f"{told}: one number is asked for"
    if not got:
        return f"{told}: you gave one number, over all axes"
    if got == wanted[::-1]:
        return f"{told}: the axes are exchanged"
    if found.numel() == expected.numel():
        return f"{told}: an axis of length one too many, or too few"
    return told


def _unreal(found: Tensor, expected: Tensor) -> str:
    strange = ~found.double().isfinite() & expected.double().isfinite()
    if not strange.any():
        return ""
    which = "NaN" if found[strange].isnan().any() else "infinite"
    return f"{which} at {_place(strange)}, where it should be finite"


def _rule(found: Sequence[Tensor], expected: Sequence[Tensor], tolerance: float) -> str:
    """A difference that is the same everywhere: opposite, a factor, a summand."""
    got, wanted = (
        torch.cat([part.double().flatten() for part in parts]) for parts in (found, expected)
    )
    if expected[0].dtype == torch.bool:
        return "true and false are exchanged" if (got == 1 - wanted).all() else ""
    real = got.isfinite() & wanted.isfinite()
    got, wanted = got[real], wanted[real]
    if len(wanted.unique()) < LEAST_ENTRIES:
        return ""
    factor = float(got @ wanted / (wanted @ wanted))
    if factor and agree(got, factor * wanted, tolerance):
        return _told_factor(factor)
    summand = float((got - wanted).mean())
    if agree(got, wanted + summand, tolerance):
        return f"everything is too {'large' if summand > 0 else 'small'} by {abs(summand):.4g}"
    return ""


def _told_factor(factor: float) -> str:
    if math.isclose(factor, -1, rel_tol=1e-3):
        return "the sign is the other way round"
    known = [told for value, told in FACTORS.items() if math.isclose(factor, value, rel_tol=1e-3)]
    reason = f" ({known[0]})" if known else ""
    return f"everything is {factor:.4g} times what it should be{reason}"


def _entries(found: Tensor, expected: Tensor, tolerance: float) -> str:
    right = torch.isclose(
        found.double(), expected.double(), rtol=tolerance, atol=tolerance, equal_nan=True
    )
    first = tuple((~right).nonzero()[0].tolist())
    got, wanted = _number(found[first]), _number(expected[first])
    if not expected.ndim:
        return f"expected {wanted}, got {got}"
    count = f"{int((~right).sum())} of {right.numel()} entries are wrong"
    return f"{count}, the first at {_place(~right)}: expected {wanted}, got {got}"


def _place(where: Tensor) -> str:
    return str(where.nonzero()[0].tolist()) if where.ndim else "the only entry"


def _number(value: Tensor) -> str:
    return str(value.item()) if value.dtype == torch.bool else f"{value.item():.4g}"
