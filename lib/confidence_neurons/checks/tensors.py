"""Arguments that are tensors of numbers: logits, weights, directions, levels of activation."""

from typing import Any

import torch
from torch import Tensor

from confidence_neurons.checks.kinds import (
    CHECKS,
    HUGE,
    LARGEST_SIZE,
    ROUNDED,
    TOKEN_TYPES,
    Check,
    Given,
    kind_of,
    numbers,
    real,
    size_of,
)


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


CHECKS |= {
    "to": is_level,
    "clip": is_clip,
    "logits": is_logits,
    "log_p": is_log_probabilities,
    "log_q": is_log_probabilities,
    "target": is_target,
    "nats": real("nats", -HUGE, HUGE),
    "direction": is_direction,
    "strength": real("a strength", -HUGE, HUGE),
    "writes": is_writes,
    "w_out": numbers("w_out", "neuron d_model"),
    "unembedding": beside_w_out("unembedding", "d_model d_vocab"),
    "null_space": beside_w_out("null_space", "d_model k"),
    "change": is_change,
}
