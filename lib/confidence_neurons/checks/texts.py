"""Arguments that say where a text or a model comes from, and how rows of tokens are made."""

import re
from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

import torch
from torch import Tensor

from confidence_neurons.checks.kinds import (
    CHECKS,
    FEWEST_POSITIONS,
    LARGEST_SIZE,
    MOST_TOKENS,
    Given,
    finite,
    flag,
    kind_of,
    one_of,
    real,
    whole,
)

WEIGHT_TYPES = (torch.float32, torch.bfloat16, torch.float16, torch.float64)
DEVICE_MAPS = ("auto", "balanced", "balanced_low_0", "sequential")
REVISION = re.compile(r"[\w][\w./-]{0,199}")


def is_text(value: Any, given: Given) -> str:
    """Text in Unicode that has a word or a sign in it."""
    if not isinstance(value, str):
        raise TypeError(f"expected text as str, got {kind_of(value)}: decode it first")
    if not value or value.isspace():
        raise ValueError("expected text, got none or only white space")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(
            "expected text in Unicode, got half a surrogate pair: decode it again"
        ) from None
    return value


def is_path(value: Any, given: Given, what: str = "a path") -> Any:
    """A path that a file system allows."""
    if not isinstance(value, str | PathLike) or isinstance(fspath(value), bytes):
        raise TypeError(f"expected {what} as str or Path, got {kind_of(value)}")
    path = fspath(value).encode(errors="replace")
    longest = max(map(len, path.split(b"/")))
    if not 0 < len(path) < 4096 or longest > 255 or b"\0" in path:
        raise ValueError(f"expected {what} that a file system allows, got {kind_of(value)}")
    return value


def is_model_name(value: Any, given: Given) -> Any:
    """The name of a model, or the path of its directory."""
    return is_path(value, given, "the name of a model, or the path of its directory,")


def is_device(value: Any, given: Given) -> torch.device:
    """A device that PyTorch can use here."""
    if not isinstance(value, str | torch.device):
        raise TypeError(f"expected a device as str or torch.device, got {kind_of(value)}")
    try:
        device = torch.device(value)
        torch.zeros(1, device=device).tolist()
    except Exception as error:  # what fails depends on the kind of device
        reason = str(error).partition(". ")[0].partition("\n")[0]
        raise ValueError(
            f"device {str(value)!r} cannot be used ({reason}): take 'cpu', or 'cuda' where there "
            "is one"
        ) from None
    return device


def is_dtype(value: Any, given: Given) -> torch.dtype:
    """A type of floating-point weights."""
    found = getattr(torch, value, None) if isinstance(value, str) else value
    if not isinstance(value, str | torch.dtype):
        raise TypeError(f"expected a dtype as str or torch.dtype, got {kind_of(value)}")
    if found not in WEIGHT_TYPES:
        names = ", ".join(str(kind).removeprefix("torch.") for kind in WEIGHT_TYPES)
        raise ValueError(f"expected a dtype among {names}, got {kind_of(value)}")
    return found


def is_device_map(value: Any, given: Given) -> Any:
    """How accelerate spreads a network: a plan of its own, or module -> device."""
    if isinstance(value, Mapping) and value:
        return value
    if not isinstance(value, str):
        raise TypeError(
            f"expected a device_map as str, or as a mapping module -> device, got {kind_of(value)}"
        )
    return one_of("a device_map", DEVICE_MAPS)(value, given)


def is_revision(value: Any, given: Given) -> str:
    """A branch, tag or commit."""
    if not isinstance(value, str):
        raise TypeError(f"expected a revision as str, got {kind_of(value)}")
    if not REVISION.fullmatch(value) or ".." in value:
        raise ValueError(f"expected a revision (branch, tag or commit), got {kind_of(value)}")
    return value


def is_unigram(value: Any, given: Given) -> Tensor:
    """Probabilities or counts, one for each token of the vocabulary of the tokens."""
    if not isinstance(value, Tensor) or value.dtype == torch.bool or value.is_complex():
        raise TypeError(f"expected unigram as a tensor [d_vocab] of numbers, got {kind_of(value)}")
    if value.ndim != 1 or len(value) == 0:
        raise ValueError(f"expected unigram [d_vocab], got shape {list(value.shape)}")
    finite(value, "unigram probabilities or counts")
    if (value < 0).any() or not value.any():
        raise ValueError(
            "expected unigram probabilities or counts, none negative and not all zero, got "
            f"values from {value.min():g} to {value.max():g}"
        )
    is_d_vocab(len(value), given)
    return value


def is_d_vocab(value: Any, given: Given) -> int:
    """The size of a vocabulary that has the tokens in it, if there are any."""
    d_vocab = whole("a vocabulary", 2)(value, given)
    most = int(given["tokens"].max()) if "tokens" in given else 0
    if most >= d_vocab:
        raise ValueError(
            f"expected token ids from 0 to {d_vocab - 1}, got ids up to {most}: "
            "were they made by another model's tokenizer?"
        )
    return d_vocab


def is_bos(value: Any, given: Given) -> int:
    """A token of the vocabulary that begins each row."""
    return whole("bos", 0, given.get("d_vocab", LARGEST_SIZE) - 1)(value, given)


def is_period(value: Any, given: Given) -> int:
    """How many tokens are repeated: at most as many as the rows have after BOS."""
    longest = given["tokens"].shape[1] - 1 if "tokens" in given else MOST_TOKENS
    return whole("a period", 1, longest)(value, given)


def is_copies(value: Any, given: Given) -> int:
    """How often they are repeated: a row has BOS and two tokens, or more."""
    period = given.get("period", 2)
    return whole("copies", 2 if period == 1 else 1, MOST_TOKENS // period)(value, given)


def is_count(value: Any, given: Given) -> int:
    """A number of rows; of those that are made, no more than a machine can hold."""
    row = given.get("period", 1) * given.get("copies", 1)
    return whole("count", 1, MOST_TOKENS // row)(value, given)


def is_length(value: Any, given: Given) -> int:
    """Tokens in a row, BOS included: no more than the context of the model if there is one."""
    config = getattr(given.get("model"), "cfg", None)
    longest = MOST_TOKENS if config is None else config.n_ctx
    number = whole("a length", FEWEST_POSITIONS)(value, given)
    if number > longest:
        raise ValueError(
            f"expected a length of at most {longest}, the model's context, got {number}"
        )
    return number


def is_ids(value: Any, given: Given) -> list[int]:
    """Token ids in the vocabulary of the model."""
    members = value.tolist() if isinstance(value, Tensor) else value
    if isinstance(members, str | bytes | Mapping) or not hasattr(members, "__iter__"):
        raise TypeError(f"expected ids as a sequence of token ids, got {kind_of(value)}")
    check = whole("a token id", 0, given["model"].cfg.d_vocab - 1)
    return [check(one, given) for one in members]


CHECKS |= {
    "text": is_text,
    "path": is_path,
    "name": is_model_name,
    "device": is_device,
    "dtype": is_dtype,
    "device_map": is_device_map,
    "revision": is_revision,
    "length": is_length,
    "count": is_count,
    "plain": flag("plain"),
    "ids": is_ids,
    "unigram": is_unigram,
    "d_vocab": is_d_vocab,
    "bos": is_bos,
    "period": is_period,
    "copies": is_copies,
    "margin": whole("a margin", 1),
    "rate": real("rate", 0, 1),
}
