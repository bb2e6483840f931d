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
from collections.abc import Callable, Collection, Hashable, Mapping
from functools import wraps
from math import isfinite
from numbers import Real
from operator import index
from os import PathLike
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

P, R = ParamSpec("P"), TypeVar("R")
Given = Mapping[str, Any]
Check = Callable[[Any, Given], Any]

FEWEST_POSITIONS = 3  # BOS, one that is measured, and its target
TOKEN_TYPES = (torch.int64, torch.int32)  # what an embedding takes
COUNT_TYPES = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
SEEDS = (-(2**63), 2**64 - 1)  # what a torch.Generator takes
LARGEST_SIZE = 2**31  # of anything that is counted


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
    text = repr(value)
    return f"{type(value).__name__} {text}" if len(text) <= 60 else type(value).__name__


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
        inside = least < value < most if within else least <= value <= most
        if not (isfinite(value) and inside):
            how = "between" if within else "from"
            raise ValueError(
                f"expected {what} as a finite number {how} {least:g} to {most:g}, got {value}"
            )
        return float(value)

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


def as_list(value: Any, what: str) -> list:
    """The members of a collection, at least one of them."""
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__iter__"):
        raise TypeError(f"expected {what} as a sequence, got {kind_of(value)}")
    members = value.tolist() if isinstance(value, Tensor) else list(value)
    if not members:
        raise ValueError(f"expected at least one of {what}, got none")
    return members


def once(members: Collection[Hashable], what: str) -> None:
    """Refuse members that stand in a collection twice."""
    seen: set[Hashable] = set()
    repeated = [member for member in members if member in seen or seen.add(member)]
    if repeated:
        raise ValueError(f"expected each of {what} once, got {repeated} more than once")


def is_model(value: Any, given: Given) -> Any:
    if not hasattr(value, "cfg") or not hasattr(value, "blocks"):
        raise TypeError(f"expected a model from load_model, got {kind_of(value)}")
    return value


def is_tokens(value: Any, given: Given) -> Tensor:
    """Rows of token ids, in the vocabulary and the context of the model if there is one."""
    if not isinstance(value, Tensor) or value.dtype not in TOKEN_TYPES:
        raise TypeError(
            f"expected tokens as a torch.Tensor [batch, position] of int64 or int32, got "
            f"{kind_of(value)}: where they are token ids, convert them with .long()"
        )
    if value.ndim != 2 or value.shape[0] < 1 or value.shape[1] < FEWEST_POSITIONS:
        raise ValueError(
            f"expected tokens [batch, position] with at least 1 row and {FEWEST_POSITIONS} "
            f"positions, got shape {list(value.shape)}"
        )
    config = getattr(given.get("model"), "cfg", None)
    least, most = int(value.min()), int(value.max())
    if least < 0 or (config is not None and most >= config.d_vocab):
        allowed = "at least 0" if config is None else f"from 0 to {config.d_vocab - 1}"
        raise ValueError(
            f"expected token ids {allowed}, got ids from {least} to {most}: "
            "were they made by another model's tokenizer?"
        )
    if config is not None and value.shape[1] > config.n_ctx:
        raise ValueError(
            f"expected rows of at most {config.n_ctx} tokens, the model's context, "
            f"got {value.shape[1]}"
        )
    return value


def is_counts(value: Any, given: Given) -> Tensor:
    """Token counts: whole numbers, one for each token of the model's vocabulary."""
    if not isinstance(value, Tensor) or value.dtype not in COUNT_TYPES:
        raise TypeError(
            f"expected counts as a tensor [d_vocab] of whole numbers, got {kind_of(value)}: "
            "count the tokens of a text with count_tokens"
        )
    if value.ndim != 1 or len(value) < 2 or (value < 0).any() or (value == value[0]).all():
        raise ValueError(
            "expected counts [d_vocab], none negative and not all alike, got "
            f"{kind_of(value)}: count the tokens of a text with count_tokens"
        )
    config = getattr(given.get("model"), "cfg", None)
    if config is not None and len(value) != config.d_vocab:
        raise ValueError(
            f"expected counts for {config.d_vocab} tokens, got {len(value)}: "
            "they belong to another vocabulary"
        )
    return value


def is_text(value: Any, given: Given) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text as str, got {kind_of(value)}: decode it first")
    if not value.strip():
        raise ValueError("expected text, got none or only white space")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("expected text in Unicode, got half a surrogate pair: decode it again")
    return value


def is_path(value: Any, given: Given) -> Any:
    if not isinstance(value, str | PathLike) or not str(value):
        raise TypeError(f"expected a path as str or Path, got {kind_of(value)}")
    if "\0" in str(value) or max(map(len, str(value).split("/"))) > 255:
        raise ValueError(f"expected a path that a file system allows, got {kind_of(value)}")
    return value


def anything(value: Any, given: Given) -> Any:
    """For what the function itself, or a library below, refuses with a clear error."""
    return value


CHECKS: dict[str, Check] = {
    "model": is_model,
    "tokens": is_tokens,
    "counts": is_counts,
    "text": is_text,
    "path": is_path,
    "seed": whole("a seed", *SEEDS),
    "length": whole("length", FEWEST_POSITIONS),
    "count": whole("count", 1),
    "period": whole("period", 1),
    "copies": whole("copies", 1),
    "rate": real("rate", 0, 1),
}
