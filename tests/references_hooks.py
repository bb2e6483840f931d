"""The slow reference for neurons held, made of plain transformers and forward hooks alone.

The network runs in double precision. Transformers computes norms in single
precision whatever the network's: the two that stand behind the last layer's
neurons, the one after the MLP and the final one, are computed by hand instead.
"""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from references_ablation import changes_of

# Family -> layers, last linear map of the MLP in a layer, final norm.
PLACES = {
    "gpt2": ("transformer.h", "mlp.c_proj", "transformer.ln_f"),
    "gpt_neox": ("gpt_neox.layers", "mlp.dense_4h_to_h", "gpt_neox.final_layer_norm"),
    "phi": ("model.layers", "mlp.fc2", "model.final_layernorm"),
}
LIKE_LLAMA = ("model.layers", "mlp.down_proj", "model.norm")


def changes_by_transformers(
    network: PreTrainedModel,
    tokens: Tensor,
    neuron: int,
    to: float | None = None,
    *,
    layer: int = -1,
    counts: Tensor | None = None,
) -> dict[str, Tensor]:
    """Changes at each measured token when one neuron is held, as `changes_of` names them."""
    level = mean_by_transformers(network, tokens, neuron, layer) if to is None else to
    runs = runs_by_transformers(network, tokens, {neuron: level}, layer=layer)
    return changes_of(runs.pop("clean"), runs, tokens, counts)


def mean_by_transformers(
    network: PreTrainedModel, tokens: Tensor, neuron: int, layer: int = -1
) -> float:
    """Mean over the measured positions: not the first, not the last."""
    double: Any = copy.deepcopy(network).double()
    layers, down, _ = PLACES.get(network.config.model_type, LIKE_LLAMA)
    seen: list[Tensor] = []
    part = double.get_submodule(layers)[layer].get_submodule(down)
    part.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        double(tokens)
    values = [value for row in seen[0][:, 1:-1, neuron].tolist() for value in row]
    return sum(values) / len(values)


@torch.no_grad()
def runs_by_transformers(
    network: PreTrainedModel,
    tokens: Tensor,
    held: Mapping[int, float],
    *,
    layer: int = -1,
) -> dict[str, Tensor]:
    """Logits of whole runs: "clean", and along each path with the neurons held."""
    double: Any = copy.deepcopy(network).double()
    layers, down, norm = PLACES.get(network.config.model_type, LIKE_LLAMA)
    last = double.get_submodule(layers)[layer]
    own = last.get_submodule(down)
    after_mlp = getattr(last, "post_feedforward_layernorm", None)
    final = double.get_submodule(norm)
    scales: dict[str, Tensor] = {}

    def hold(module: Any, inputs: tuple) -> tuple:
        replaced = inputs[0].clone()
        for neuron, value in held.items():
            for row in range(replaced.shape[0]):
                for position in range(replaced.shape[1]):
                    replaced[row, position, neuron] = value
        return (replaced,)

    def logits(holding: bool, keep: str | None = None, put: str | None = None) -> Tensor:
        def normalise(module: Any, inputs: tuple, output: Tensor) -> Tensor:
            scale = scale_by_hand(module, inputs[0])
            if keep is not None:
                scales[keep] = scale
            return norm_by_hand(module, inputs[0], scale if put is None else scales[put])

        with _hooks(own if holding else None, hold, after_mlp, final, normalise):
            return double(tokens).logits

    return {
        "clean": logits(False, keep="clean"),
        "total": logits(True, keep="ablated"),
        "direct": logits(True, put="clean"),
        "indirect": logits(False, put="ablated"),
    }


@contextmanager
def _hooks(own: Any, hold: Any, after_mlp: Any, final: Any, normalise: Any) -> Iterator[None]:
    hooks = [final.register_forward_hook(normalise)]
    if own is not None:
        hooks.append(own.register_forward_pre_hook(hold))
    if after_mlp is not None:
        hooks.append(
            after_mlp.register_forward_hook(
                lambda module, inputs, output: norm_by_hand(
                    module, inputs[0], scale_by_hand(module, inputs[0])
                )
            )
        )
    yield
    for hook in hooks:
        hook.remove()


def scale_by_hand(norm: Any, stream: Tensor) -> Tensor:
    """The root of the mean square, about the mean for LayerNorm."""
    eps = norm.eps if hasattr(norm, "eps") else norm.variance_epsilon
    return (_centred(norm, stream).pow(2).mean(-1, keepdim=True) + eps).sqrt()


def norm_by_hand(norm: Any, stream: Tensor, scale: Tensor) -> Tensor:
    """What a norm makes of a stream, with the scale in our hands."""
    gain = norm.weight + 1 if type(norm).__name__.startswith("Gemma") else norm.weight
    normalised = _centred(norm, stream) / scale * gain
    return normalised if getattr(norm, "bias", None) is None else normalised + norm.bias


def _centred(norm: Any, stream: Tensor) -> Tensor:
    is_layer_norm = isinstance(norm, torch.nn.LayerNorm)
    return stream - stream.mean(-1, keepdim=True) if is_layer_norm else stream
