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
from os import PathLike, fspath
from typing import Any, ParamSpec, TypeVar

import pandas as pd
import torch
from torch import Tensor

P = ParamSpec("P")
R = TypeVar("R")
Given = Mapping[str, Any]
Check = Callable[[Any, Given], Any]

FEWEST_POSITIONS = 3  # BOS, one that is measured, and its target
TOKEN_TYPES = (torch.int64, torch.int32)  # what an embedding takes
COUNT_TYPES = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
SEEDS = (-(2**63), 2**64 - 1)  # what a torch.Generator takes
ROUNDED = 1e-3  # of sums of probabilities in single precision
HUGE = 1e30
LARGEST_SIZE = 2**31  # of anything that is counted
MOST_TOKENS = 2**28  # in anything that is made


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
        if not (inside and isfinite(value)):
            bounds = f"between {least:g} and {most:g}" if within else f"from {least:g} to {most:g}"
            raise ValueError(f"expected {what} as a finite number {bounds}, got {value}")
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
    if not isinstance(value, str | PathLike) or isinstance(fspath(value), bytes):
        raise TypeError(f"expected {what} as str or Path, got {kind_of(value)}")
    path = fspath(value).encode(errors="replace")
    longest = max(map(len, path.split(b"/")))
    if not 0 < len(path) < 4096 or longest > 255 or b"\0" in path:
        raise ValueError(f"expected {what} that a file system allows, got {kind_of(value)}")
    return value


def is_model_name(value: Any, given: Given) -> Any:
    return is_path(value, given, "the name of a model, or the path of its directory,")


def is_device(value: Any, given: Given) -> torch.device:
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


def anything(value: Any, given: Given) -> Any:
    """For what the function itself, or a library below, refuses with a clear error."""
    return value


def size_of(given: Given, name: str) -> int:
    """A size from the configuration of the model of the call; no bound without a model."""
    return getattr(getattr(given.get("model"), "cfg", None), name, LARGEST_SIZE)


def is_layer(value: Any, given: Given) -> int:
    return whole("a layer", 0, size_of(given, "n_layers") - 1)(value, given)


def is_neurons(value: Any, given: Given) -> list[int]:
    """Neurons of a layer, each once."""
    member = whole("neurons", 0, size_of(given, "d_mlp") - 1)
    members = [member(one, given) for one in as_list(value, "neurons")]
    once(members, "neurons")
    return members


def is_head(value: Any, given: Given) -> tuple[int, int]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise TypeError(f"expected a head as (layer, head), got {kind_of(value)}")
    layer, head = value
    return (
        whole("the layer of a head", 0, size_of(given, "n_layers") - 1)(layer, given),
        whole("a head", 0, size_of(given, "n_heads") - 1)(head, given),
    )


def is_heads(value: Any, given: Given) -> list[tuple[int, int]]:
    """Attention heads as pairs (layer, head), each once."""
    members = [is_head(one, given) for one in as_list(value, "heads")]
    once(members, "heads")
    return members


def is_exclude(value: Any, given: Given) -> list:
    """Neurons or heads that are not to be taken; there may be none."""
    members = list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else None
    if members is None:
        raise TypeError(f"expected a collection to exclude, got {kind_of(value)}")
    member = is_head if "heads" in given else whole("neurons to exclude", 0)
    return [member(one, given) for one in members]


def is_groups(value: Any, given: Given) -> dict[Hashable, list[int]]:
    """Name -> neurons, at least one group."""
    if not isinstance(value, Mapping) or not value:
        raise TypeError(f"expected groups as a mapping name -> neurons, got {kind_of(value)}")
    return {name: is_neurons(members, given) for name, members in value.items()}


def is_level(value: Any, given: Given) -> float | Tensor:
    """What neurons are held at: a number, or one for each neuron of the layer."""
    if isinstance(value, Tensor) and value.ndim:
        return of_layer(numbers("to", "d_mlp")(value, given), "to", given)
    return real("to", -HUGE, HUGE)(value.item() if isinstance(value, Tensor) else value, given)


def is_change(value: Any, given: Given) -> Tensor:
    """How much each neuron of the layer changes."""
    return of_layer(numbers("change", "d_mlp")(value, given), "change", given)


def is_clip(value: Any, given: Given) -> Tensor:
    """Whether each neuron of the layer is clipped from above."""
    if not isinstance(value, Tensor) or value.dtype != torch.bool:
        raise TypeError(f"expected clip as a tensor [d_mlp] of booleans, got {kind_of(value)}")
    return of_layer(value, "clip", given)


def of_layer(value: Tensor, what: str, given: Given) -> Tensor:
    """One entry for each neuron of a layer."""
    size = size_of(given, "d_mlp")
    if value.ndim != 1 or (size != LARGEST_SIZE and len(value) != size):
        raise ValueError(
            f"expected {what} of all {size} neurons of the layer, got shape {list(value.shape)}"
        )
    return value


def is_mask(value: Any, given: Given) -> Tensor:
    """A mask of the positions of the tokens."""
    if not isinstance(value, Tensor) or value.dtype != torch.bool:
        raise TypeError(f"expected a mask [batch, position] of booleans, got {kind_of(value)}")
    tokens = given.get("tokens")
    if (tokens is not None and value.shape != tokens.shape) or not value.any():
        raise ValueError(
            "expected a mask of the shape of the tokens that chooses at least one position, got "
            f"{list(value.shape)} that chooses {int(value.sum())}"
        )
    return value


def is_logits(value: Any, given: Given) -> Tensor:
    """Logits, finite or minus infinity; some token is possible."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        raise TypeError(
            f"expected logits as a tensor [..., d_vocab] of floats, got {kind_of(value)}"
        )
    if value.ndim == 0 or value.shape[-1] == 0:
        raise ValueError(f"expected logits [..., d_vocab], got shape {list(value.shape)}")
    if value.isnan().any() or value.isposinf().any():
        raise ValueError("expected logits that are numbers, got NaN or +inf: check the weights")
    if value.isneginf().all(dim=-1).any():
        raise ValueError("expected a possible token in every distribution, got logits all -inf")
    return value


def is_log_probabilities(value: Any, given: Given) -> Tensor:
    """Logits whose exponentials add up to 1."""
    logits = is_logits(value, given)
    if (logits.logsumexp(dim=-1).abs() > ROUNDED).any():
        raise ValueError(
            "expected log-probabilities, whose exponentials add up to 1, got others: "
            "make them with log_probabilities"
        )
    return logits


def is_target(value: Any, given: Given) -> Tensor:
    """A token for each distribution of the logits."""
    if not isinstance(value, Tensor) or value.dtype not in TOKEN_TYPES:
        raise TypeError(f"expected target as a tensor of token ids, got {kind_of(value)}")
    shape, d_vocab = given["logits"].shape[:-1], given["logits"].shape[-1]
    if value.shape != shape or (value.numel() and not 0 <= value.min() <= value.max() < d_vocab):
        raise ValueError(
            f"expected target {list(shape)} with token ids from 0 to {d_vocab - 1}, got "
            f"{list(value.shape)} with ids from {value.min()} to {value.max()}"
        )
    return value


def is_direction(value: Any, given: Given) -> Tensor:
    """A vector of the residual stream, of some length."""
    vector = numbers("direction", "d_model")(value, given)
    if len(vector) != size_of(given, "d_model"):
        raise ValueError(
            f"expected a direction of d_model {size_of(given, 'd_model')}, got {len(vector)}"
        )
    if not vector.norm() > 0:
        raise ValueError("expected a direction of some length, got zero")
    return vector


def is_writes(value: Any, given: Given) -> Tensor:
    """One vector of the residual stream for each of the neurons."""
    vectors = numbers("writes", "neuron d_model")(value, given)
    expected = (len(given["neurons"]), size_of(given, "d_model"))
    if vectors.shape != expected:
        raise ValueError(f"expected writes {list(expected)}, got shape {list(vectors.shape)}")
    return vectors


def beside_w_out(what: str, axes: str) -> Check:
    """Check for a matrix whose rows are the coordinates of the residual stream."""
    kind = numbers(what, axes)

    def check(value: Any, given: Given) -> Tensor:
        matrix = kind(value, given)
        if "w_out" in given and given["w_out"].shape[-1] != len(matrix):
            raise ValueError(
                f"expected {what} of d_model {given['w_out'].shape[-1]}, as w_out, "
                f"got shape {list(matrix.shape)}"
            )
        return matrix

    return check


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
    if not callable(value):
        raise TypeError(f"expected a function, got {kind_of(value)}")
    return value


def is_budget(value: Any, given: Given) -> float:
    """A number of bytes; whether it is enough depends on the model."""
    return real("a memory_budget in bytes (2**30 for a GiB)", 0, HUGE)(value, given)


CHECKS: dict[str, Check] = {
    "model": is_model,
    "tokens": is_tokens,
    "counts": is_counts,
    "text": is_text,
    "path": is_path,
    "seed": whole("a seed", *SEEDS),
    "name": is_model_name,
    "device": is_device,
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
    "layer": is_layer,
    "neurons": is_neurons,
    "heads": is_heads,
    "exclude": is_exclude,
    "groups": is_groups,
    "to": is_level,
    "clip": is_clip,
    "at": is_mask,
    "mask": is_mask,
    "self": anything,
    "logits": is_logits,
    "log_p": is_log_probabilities,
    "log_q": is_log_probabilities,
    "target": is_target,
    "nats": real("nats", -HUGE, HUGE),
    "direction": is_direction,
    "strength": real("a strength", -HUGE, HUGE),
    "k": lambda value, given: whole("k", 1, size_of(given, "d_model"))(value, given),
    "writes": is_writes,
    "w_out": numbers("w_out", "neuron d_model"),
    "unembedding": beside_w_out("unembedding", "d_model d_vocab"),
    "null_space": beside_w_out("null_space", "d_model k"),
    "frame": is_frame,
    "table": is_frame,
    "by": some_of("columns"),
    "values": some_of("columns"),
    "size": flag("size"),
    "statistic": is_callable,
    "level": real("a level", 0, 1, within=True),
    "resamples": whole("resamples", 2, 10**6),
    "bins": whole("bins", 1, 10**4),
    "change": lambda value, given: of_layer(
        numbers("change", "d_mlp")(value, given), "change", given
    ),
    "frequency": flag("frequency"),
    "progress": flag("progress"),
    "memory_budget": is_budget,
}
