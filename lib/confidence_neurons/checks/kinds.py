"""Refuse bad input at the door of the library, in one way.

Every public function is `checked`: before it runs, each argument goes through
the check of its name in `CHECKS`. So a name means the same wherever it is an
argument, and what lies behind the public functions trusts its callers.

A check takes the value and all arguments of the call. It returns the value in
the form that the library works with, or raises a TypeError (wrong type) or a
ValueError (wrong value) that says what was expected, what was got, what to do.
An argument whose default is None may be None.
"""

import inspect
from collections.abc import Callable, Collection, Hashable, Mapping, Sized
from functools import wraps
from math import inf, isfinite
from numbers import Real
from operator import index
from typing import Any, ParamSpec, TypeVar

import pandas as pd
import torch
from torch import Tensor

P = ParamSpec("P")
R = TypeVar("R")
Given = Mapping[str, Any]
Check = Callable[[Any, Given], Any]
CHECKS: dict[str, Check] = {}

FEWEST_POSITIONS = 3  # BOS, one that is measured, and its target
TOKEN_TYPES = (torch.int64, torch.int32)  # what an embedding takes
COUNT_TYPES = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
SEEDS = (-(2**63), 2**64 - 1)  # what a torch.Generator takes
ROUNDED = 1e-3  # of sums of probabilities in single precision
HUGE = 1e30
LARGEST_SIZE = 2**31  # of anything that is counted
MOST_TOKENS = 2**28  # in anything that is made
LONGEST_SHOWN = 60  # characters of a value in a message


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """A public function: its arguments are checked by name before it runs."""
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        for name, value in given.arguments.items():
            if value is not None or signature.parameters[name].default is not None:
                given.arguments[name] = CHECKS[name](value, given.arguments)
        return function(*given.args, **given.kwargs)

    return call


def kind_of(value: Any) -> str:
    """What was got, short enough for a message."""
    if isinstance(value, Tensor):
        return f"a tensor {list(value.shape)} of {value.dtype}"
    if isinstance(value, Sized) and not isinstance(value, type) and len(value) > LONGEST_SHOWN:
        return f"{type(value).__name__} of length {len(value):,}"
    text = repr(value)
    return f"{type(value).__name__} {text}" if len(text) <= LONGEST_SHOWN else type(value).__name__


def whole_number(value: Any, what: str) -> int:
    """An integer of any kind as a Python one; True and False are none."""
    try:
        if not isinstance(value, bool) and getattr(value, "dtype", None) != torch.bool:
            return index(value)
    except TypeError:
        pass
    raise TypeError(f"expected {what} as a whole number, got {kind_of(value)}")


def whole(what: str, least: int, most: int = LARGEST_SIZE) -> Check:
    """Check for a whole number between two bounds."""

    def check(value: Any, given: Given) -> int:
        number = whole_number(value, what)
        if not least <= number <= most:
            bounds = f"at least {least}" if most == LARGEST_SIZE else f"from {least} to {most}"
            raise ValueError(f"expected {what} {bounds}, got {number}")
        return number

    return check


def real(what: str, least: float, most: float, *, within: bool = False) -> Check:
    """Check for a finite number between two bounds; `within`: the bounds themselves are none."""

    def check(value: Any, given: Given) -> float:
        if not isinstance(value, Real) or isinstance(value, bool):
            raise TypeError(f"expected {what} as a number, got {kind_of(value)}")
        try:
            number = float(value)
        except OverflowError:
            number = inf
        inside = least < number < most if within else least <= number <= most
        if not (inside and isfinite(number)):
            bounds = f"between {least:g} and {most:g}" if within else f"from {least:g} to {most:g}"
            raise ValueError(f"expected {what} as a finite number {bounds}, got {kind_of(value)}")
        return number

    return check


def flag(what: str) -> Check:
    """Check for True or False."""

    def check(value: Any, given: Given) -> bool:
        if not isinstance(value, bool):
            raise TypeError(f"expected {what} as True or False, got {kind_of(value)}")
        return value

    return check


def one_of(what: str, choices: Collection[str]) -> Check:
    """Check for one name among several."""

    def check(value: Any, given: Given) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"expected {what} among {', '.join(choices)}, got {kind_of(value)}")
        return value

    return check


def some_of(what: str, choices: Collection[str] | None = None) -> Check:
    """Check for one or several names, each once; among `choices` where they are given."""

    def check(value: Any, given: Given) -> tuple[str, ...]:
        names = (value,) if isinstance(value, str) else tuple(as_list(value, what))
        for name in names:
            if not isinstance(name, str) or (choices is not None and name not in choices):
                allowed = "names" if choices is None else f"some of {', '.join(choices)}"
                raise ValueError(f"expected {what} as {allowed}, got {kind_of(name)}")
        once(names, what)
        return names

    return check


def numbers(what: str, axes: str) -> Check:
    """Check for a tensor of finite floating-point numbers with these axes ("... d_vocab")."""
    named = axes.split()

    def check(value: Any, given: Given) -> Tensor:
        if not isinstance(value, Tensor) or not value.is_floating_point():
            raise TypeError(f"expected {what} as a tensor [{axes}] of floats, got {kind_of(value)}")
        enough = value.ndim >= len(named) - 1 if named[0] == "..." else value.ndim == len(named)
        if not enough or value.numel() == 0:
            raise ValueError(f"expected {what} [{axes}], got shape {list(value.shape)}")
        finite(value, what)
        return value

    return check


def finite(value: Tensor, what: str) -> None:
    """Refuse NaN and infinity."""
    if not value.isfinite().all():
        found = "NaN" if value.isnan().any() else "infinity"
        raise ValueError(f"expected finite {what}, got {found}: check the weights and the input")


def as_list(value: Any, what: str, *, empty: bool = False) -> list:
    """The members of a collection; at least one of them, unless it may be empty."""
    if isinstance(value, str | bytes | Mapping | pd.DataFrame) or not hasattr(value, "__iter__"):
        raise TypeError(f"expected {what} as a sequence, got {kind_of(value)}")
    members = value.tolist() if isinstance(value, Tensor) else list(value)
    if not (members or empty):
        raise ValueError(f"expected at least one of {what}, got none")
    return members


def once(members: Collection[Hashable], what: str) -> None:
    """Refuse members that stand in a collection twice."""
    seen: set[Hashable] = set()
    repeated = [member for member in members if member in seen or seen.add(member)]
    if repeated:
        raise ValueError(f"expected each of {what} once, got {repeated} more than once")


def size_of(given: Given, name: str) -> int:
    """A size from the configuration of the model of the call; no bound without a model."""
    return getattr(getattr(given.get("model"), "cfg", None), name, LARGEST_SIZE)


def is_frame(value: Any, given: Given) -> pd.DataFrame:
    """A pandas frame with at least one row."""
    if not isinstance(value, pd.DataFrame):
        raise TypeError(f"expected a pandas DataFrame, got {kind_of(value)}")
    if value.empty:
        raise ValueError("expected a frame with at least one row, got an empty one")
    return value


def need_columns(frame: pd.DataFrame, names: Collection[str], source: str = "") -> None:
    """Refuse a frame without some columns."""
    missing = [name for name in names if name not in frame]
    if missing:
        where = f" of {source}" if source else ""
        raise ValueError(
            f"expected a frame{where} with {', '.join(missing)}, got one with the columns "
            f"{', '.join(map(str, frame.columns))}"
        )


def is_callable(value: Any, given: Given) -> Any:
    """A function, or what can be called like one."""
    if not callable(value):
        raise TypeError(f"expected a function, got {kind_of(value)}")
    return value


def anything(value: Any, given: Given) -> Any:
    """For what the function itself, or a library below, refuses with a clear error."""
    return value


CHECKS |= {
    "seed": whole("a seed", *SEEDS),
    "self": anything,
    "frame": is_frame,
    "table": is_frame,
    "by": some_of("columns"),
    "values": some_of("columns"),
    "size": flag("size"),
    "statistic": is_callable,
    "level": real("a level", 0, 1, within=True),
    "resamples": whole("resamples", 2, 10**6),
    "bins": whole("bins", 1, 10**4),
    "frequency": flag("frequency"),
    "progress": flag("progress"),
}
