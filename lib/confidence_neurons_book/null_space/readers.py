"""Who reads what is written along some directions: attention, or the final norm's scale.

Each layer's attention reads the residual stream through a norm of its own.
Here some directions are taken out of what attention reads, in all layers,
while the stream itself and every other reader keep them. The norm keeps the
scale that it had, so that nothing else of what it passes on changes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module

import confidence_neurons as cn
from confidence_neurons.model.architecture import final_norm
from confidence_neurons.model.final_norm import eps_of
from confidence_neurons.model.light import LightModel

NORM, PATTERNS = "input_layernorm", "self_attn"

Basis = Float[Tensor, "d_model k"]


def random_basis(d_model: int, k: int, seed: int = 0) -> Basis:
    """As many random directions, orthonormal."""
    noise = torch.randn(d_model, k, generator=torch.Generator().manual_seed(seed))
    return torch.linalg.qr(noise).Q


@dataclass(frozen=True)
class Reading:
    """A text, run while attention misses some directions, or none.

    Attributes
    ----------
    state : cn.State
        What the text leaves.
    to_first : Float[Tensor, "layer sequence head position"]
        How much attention each head pays to the first token.
    along : Float[Tensor, "layer sequence position k"]
        The stream, where each layer begins, along each null direction, over
        its length.
    """

    state: cn.State
    to_first: Float[Tensor, "layer sequence head position"]
    along: Float[Tensor, "layer sequence position k"]


def loud_basis(stream: Float[Tensor, "token d_model"], space: cn.Geometry) -> Basis:
    """As many visible directions as the null space has: those that hold most of the stream."""
    visible = space.spectrum.directions[:, : -space.k]
    held = (stream @ visible).pow(2).mean(dim=0)
    return visible[:, held.topk(space.k).indices]


def reading(
    model: LightModel,
    tokens: Int[Tensor, "batch position"],
    null_space: Basis,
    missing: Basis | None = None,
) -> Reading:
    """Run a text of an RMSNorm model while attention misses some directions.

    Parameters
    ----------
    model : LightModel
        Of the family of Llama.
    tokens : Int[Tensor, "batch position"]
        The text.
    null_space : Float[Tensor, "d_model k"]
        Of which `Reading.along` speaks.
    missing : Float[Tensor, "d_model some"], optional
        The directions that are missed, orthonormal; by default none.
    """
    layers, hooks = model.end.layers, []
    seen: list[Tensor] = []
    entered: list[Tensor] = []

    def pattern(module: Module, inputs: Any, output: tuple[Tensor, Tensor]) -> None:
        seen.append(output[1][..., 0].detach())

    def stream(module: Module, inputs: tuple[Tensor]) -> None:
        entered.append(inputs[0] @ null_space / inputs[0].norm(dim=-1, keepdim=True))

    for layer in layers:
        norm = layer.get_submodule(NORM)
        hooks.append(layer.get_submodule(PATTERNS).register_forward_hook(pattern))
        hooks.append(norm.register_forward_pre_hook(stream))
        if missing is not None:
            hooks.append(norm.register_forward_hook(_missing(missing)))
    usual = model.network.config._attn_implementation or "sdpa"
    model.network.set_attn_implementation("eager")
    try:
        state = cn.run(model, tokens)
    finally:
        model.network.set_attn_implementation(usual)
        for hook in hooks:
            hook.remove()
    return Reading(state, _by_layer(seen, len(layers)), _by_layer(entered, len(layers)))


def scale_without(model: LightModel, found: Reading, missing: Basis) -> Reading:
    """The same text where the final norm computes its scale without some directions.

    What it divides by the scale keeps them, so that only the scale changes.
    """
    state = found.state
    left = state.residual - state.residual @ missing @ missing.T
    return replace(found, state=replace(state, scale=final_norm(model).scale(left)))


def token_frame(model: LightModel, found: Reading) -> pd.DataFrame:
    """Loss, entropy and attention to the first token, at each counted position.

    Returns
    -------
    pd.DataFrame
        `sequence`, `position`, `loss` and `entropy` (nats), `attention` (mean
        over layers and heads).
    """
    frame = cn.read(model, found.state, ("loss", "entropy"))
    mean = found.to_first.mean(dim=(0, 2))[found.state.counted]
    return frame.assign(attention=np.asarray(mean.cpu()))


def layer_frame(found: Reading, directions: slice = slice(None)) -> pd.DataFrame:
    """Attention to the first token, and shares along some null directions, by layer.

    Returns
    -------
    pd.DataFrame
        One row per layer and row of the text: `layer`, `sequence`, `attention`
        (mean over heads and counted positions), `first` and `later` (share of
        the stream's length along the directions at the first token, and its
        mean over the counted positions).
    """
    counted, share = found.state.counted, found.along[..., directions].norm(dim=-1)
    number = counted.sum(dim=-1)
    columns = {
        "attention": (found.to_first.mean(dim=2) * counted).sum(dim=-1) / number,
        "first": share[..., 0],
        "later": (share * counted).sum(dim=-1) / number,
    }
    layers, sequences = columns["first"].shape
    places = {
        "layer": np.repeat(np.arange(layers), sequences),
        "sequence": np.tile(np.arange(sequences), layers),
    }
    numbers = {name: np.asarray(values.flatten().cpu()) for name, values in columns.items()}
    return pd.DataFrame(places | numbers)


def _missing(basis: Basis) -> Callable[..., Tensor]:
    def hook(norm: Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        stream = inputs[0]
        scale = (stream.pow(2).mean(dim=-1, keepdim=True) + eps_of(norm)).sqrt()
        return output - norm.get_parameter("weight") * (stream @ basis @ basis.T) / scale

    return hook


def _by_layer(seen: list[Tensor], layers: int) -> Tensor:
    """What was seen layer after layer, block of rows after block."""
    blocks = [torch.stack(seen[start : start + layers]) for start in range(0, len(seen), layers)]
    return torch.cat(blocks, dim=1)
