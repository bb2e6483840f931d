"""Arguments that belong to a model: its tokens, layers, neurons, heads, groups of them."""

from collections.abc import Hashable, Mapping
from typing import Any

import torch
from torch import Tensor

from confidence_neurons.checks.kinds import (
    CHECKS,
    COUNT_TYPES,
    FEWEST_POSITIONS,
    HUGE,
    TOKEN_TYPES,
    Given,
    as_list,
    kind_of,
    once,
    real,
    size_of,
    whole,
)


def is_model(value: Any, given: Given) -> Any:
    """A model as `load_model` or `load_light` gives it."""
    if not hasattr(value, "cfg") or not (hasattr(value, "blocks") or hasattr(value, "network")):
        raise TypeError(f"expected a model from load_model or load_light, got {kind_of(value)}")
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


def is_layer(value: Any, given: Given) -> int:
    """A layer of the model."""
    return whole("a layer", 0, size_of(given, "n_layers") - 1)(value, given)


def is_neurons(value: Any, given: Given) -> list[int]:
    """Neurons of a layer, each once."""
    member = whole("neurons", 0, size_of(given, "d_mlp") - 1)
    members = [member(one, given) for one in as_list(value, "neurons")]
    once(members, "neurons")
    return members


def is_head(value: Any, given: Given) -> tuple[int, int]:
    """An attention head of the model, as a pair (layer, head)."""
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
    member = is_head if "heads" in given else whole("neurons to exclude", 0)
    return [member(one, given) for one in as_list(value, "exclude", empty=True)]


def is_groups(value: Any, given: Given) -> dict[Hashable, list[int]]:
    """Name -> neurons, at least one group."""
    if not isinstance(value, Mapping) or not value:
        raise TypeError(f"expected groups as a mapping name -> neurons, got {kind_of(value)}")
    return {name: is_neurons(members, given) for name, members in value.items()}


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


def is_budget(value: Any, given: Given) -> float:
    """A number of bytes; whether it is enough depends on the model."""
    return real("a memory_budget in bytes (2**30 for a GiB)", 0, HUGE)(value, given)


CHECKS |= {
    "model": is_model,
    "tokens": is_tokens,
    "layer": is_layer,
    "neurons": is_neurons,
    "heads": is_heads,
    "exclude": is_exclude,
    "groups": is_groups,
    "at": is_mask,
    "mask": is_mask,
    "k": lambda value, given: whole("k", 1, size_of(given, "d_model"))(value, given),
    "memory_budget": is_budget,
}
