"""MLP neurons and the weights they write with."""

from collections.abc import Iterable
from operator import index
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge


def neuron_weights(
    model: TransformerBridge, layer: int | None = None
) -> Float[Tensor, "d_mlp d_model"]:
    """Output weights w_out of one layer's neurons, one row per neuron; by default the last layer's.

    Raises
    ------
    ValueError
        If the model has no such layer.
    NotImplementedError
        If the layer has no MLP, or one of several experts.
    """
    place = layer_index(model, layer)
    mlp = getattr(model.blocks[place], "mlp", None)
    w_out = getattr(mlp, "W_out", None)
    if not isinstance(w_out, Tensor):
        found = "none" if mlp is None else type(mlp).__name__
        raise NotImplementedError(
            f"{model.cfg.model_name}: expected a plain or gated MLP with one w_out in layer "
            f"{place}, got {found}: take a model without mixtures of experts, every layer of "
            "which has an MLP"
        )
    return w_out.detach().float()


def layer_index(model: TransformerBridge, layer: int | None) -> int:
    """The number of a layer; None stands for the last one.

    Raises
    ------
    TypeError
        If it is not a whole number.
    ValueError
        If the model has no such layer.
    """
    last = model.cfg.n_layers - 1
    if layer is None:
        return last
    place = whole_number(layer, "a layer as a whole number")
    if not 0 <= place <= last:
        raise ValueError(f"expected a layer from 0 to {last}, got {layer}")
    return place


def chosen_neurons(neurons: Iterable[int] | None, d_mlp: int) -> list[int]:
    """The neurons asked for, in that order; all of them for None.

    Raises
    ------
    TypeError
        If they are no sequence, or a neuron is not a whole number.
    ValueError
        If there is none, one is out of range, or one is named twice.
    """
    if neurons is None:
        return list(range(d_mlp))
    try:
        given = list(neurons)
    except TypeError:
        raise TypeError(
            f"expected a sequence of neurons, got {neurons!r}: for one neuron write [neuron]"
        ) from None
    chosen = [whole_number(neuron, "neurons as whole numbers") for neuron in given]
    if not chosen:
        raise ValueError("expected at least one neuron, got none; neurons=None takes all")
    outside = [neuron for neuron in chosen if not 0 <= neuron < d_mlp]
    if outside:
        raise ValueError(f"expected neurons between 0 and {d_mlp - 1}, got {outside}")
    repeated = sorted({neuron for neuron in chosen if chosen.count(neuron) > 1})
    if repeated:
        raise ValueError(f"expected each neuron once, got {repeated} more than once")
    return chosen


def whole_number(value: Any, what: str) -> int:
    """An integer of any kind as a Python one; True and False are none.

    Raises
    ------
    TypeError
        If it is not an integer; the message says that `what` was expected.
    """
    try:
        if not isinstance(value, bool) and getattr(value, "dtype", None) != torch.bool:
            return index(value)
    except TypeError:
        pass
    raise TypeError(f"expected {what}, got {value!r}")
