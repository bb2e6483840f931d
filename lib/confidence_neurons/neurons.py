"""MLP neurons and the weights they write with."""

from collections.abc import Iterable

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
    """
    return model.blocks[layer_index(model, layer)].mlp.W_out.detach().float()


def layer_index(model: TransformerBridge, layer: int | None) -> int:
    """The number of a layer; None stands for the last one.

    Raises
    ------
    ValueError
        If the model has no such layer.
    """
    last = model.cfg.n_layers - 1
    if layer is None:
        return last
    if not 0 <= layer <= last:
        raise ValueError(f"expected a layer from 0 to {last}, got {layer}")
    return int(layer)


def chosen_neurons(neurons: Iterable[int] | None, d_mlp: int) -> list[int]:
    """The neurons asked for, in that order; all of them for None.

    Raises
    ------
    TypeError
        If a neuron is not a whole number.
    ValueError
        If there is none, one is out of range, or one is named twice.
    """
    if neurons is None:
        return list(range(d_mlp))
    chosen = list(neurons)
    for neuron in chosen:
        if isinstance(neuron, bool) or not hasattr(neuron, "__index__"):
            raise TypeError(f"expected neurons as whole numbers, got {neuron!r}")
    chosen = [int(neuron) for neuron in chosen]
    if not chosen:
        raise ValueError("expected at least one neuron, got none; neurons=None takes all")
    outside = [neuron for neuron in chosen if not 0 <= neuron < d_mlp]
    if outside:
        raise ValueError(f"expected neurons between 0 and {d_mlp - 1}, got {outside}")
    repeated = sorted({neuron for neuron in chosen if chosen.count(neuron) > 1})
    if repeated:
        raise ValueError(f"expected each neuron once, got {repeated} more than once")
    return chosen
