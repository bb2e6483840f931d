"""Run a text through a model once, and keep what every measurement needs of the network's end."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.checks import CHECKS, Given, checked, finite, kind_of
from confidence_neurons.model.architecture import (
    activation_hook,
    final_norm,
    layer_number,
    need_linear_unembedding,
    stream_hook,
)

TOKENS_AT_ONCE = 2048


@dataclass(frozen=True)
class State:
    """What a text leaves at the end of a network, and which of its positions count.

    Attributes
    ----------
    tokens : Int[Tensor, "batch position"]
        The text: rows of BOS and consecutive tokens.
    residual : Float[Tensor, "batch position d_model"]
        The residual stream that enters the final norm.
    activations : Float[Tensor, "batch position d_mlp"]
        Activations of one layer's MLP neurons, after the nonlinearity (in
        gated MLPs, after the gate).
    scale : Float[Tensor, "batch position 1"]
        What the final norm divides the residual stream by.
    counted : Bool[Tensor, "batch position"]
        The positions that measures count. By default all but the first (BOS)
        and the last, which has no target: the target of position t is
        `tokens[:, t + 1]`.
    layer : int
        The layer of the activations.
    """

    tokens: Int[Tensor, "batch position"]
    residual: Float[Tensor, "batch position d_model"]
    activations: Float[Tensor, "batch position d_mlp"]
    scale: Float[Tensor, "batch position 1"]
    counted: Bool[Tensor, "batch position"]
    layer: int

    @checked
    def at(self, mask: Bool[Tensor, "batch position"]) -> "State":
        """The same, where other positions count.

        Raises
        ------
        ValueError
            If the mask has another shape than the text.
        """
        if mask.shape != self.tokens.shape:
            raise ValueError(
                f"expected a mask of the shape {list(self.tokens.shape)} of the text, "
                f"got {list(mask.shape)}"
            )
        return replace(self, counted=mask.to(self.residual.device))

    def frozen(self, other: "State") -> "State":
        """The same residual stream, divided by the scale of another state."""
        return replace(self, scale=other.scale)

    def rows(self, chosen: slice) -> "State":
        """The same for some of the rows."""
        return replace(
            self,
            tokens=self.tokens[chosen],
            residual=self.residual[chosen],
            activations=self.activations[chosen],
            scale=self.scale[chosen],
            counted=self.counted[chosen],
        )

    def targets(self) -> Int[Tensor, " token"]:
        """The next token at each counted position.

        Raises
        ------
        ValueError
            If a last position counts, which has no next token.
        """
        if self.counted[:, -1].any():
            raise ValueError(
                "expected counted positions with a next token, got a last position: leave it out "
                "(mask[:, -1] = False), or ask for quantities that need no next token"
            )
        return self.tokens.roll(-1, dims=1).to(self.counted.device)[self.counted]

    def mean_activations(self) -> Float[Tensor, " d_mlp"]:
        """Mean activation of each neuron over the counted positions."""
        return self.activations[self.counted].double().mean(dim=0).to(self.activations.dtype)

    def places(self) -> pd.DataFrame:
        """`sequence` and `position` of each counted token, row after row."""
        sequence, position = self.counted.nonzero().T.cpu().numpy()
        return pd.DataFrame({"sequence": sequence, "position": position})


def is_state(value: object, given: Given) -> State:
    """A state of the model of the call."""
    if not isinstance(value, State):
        raise TypeError(f"expected a state from run, got {kind_of(value)}")
    width = given["model"].cfg.d_model if "model" in given else value.residual.shape[-1]
    if value.residual.shape[-1] != width:
        raise ValueError(
            f"expected a state of a model of d_model {width}, got {value.residual.shape[-1]}: "
            "it is another model's"
        )
    finite(value.residual, "residual stream")
    return value


CHECKS["state"] = is_state


@checked
def run(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    *,
    layer: int | None = None,
    at: Bool[Tensor, "batch position"] | None = None,
) -> State:
    """Run a text through a model and keep its state before the final norm.

    Nothing is unembedded: the logits of many tokens would take more memory
    than all that is kept.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    tokens : Int[Tensor, "batch position"]
        Rows of BOS and consecutive tokens.
    layer : int, optional
        Whose neurons to keep; by default the last layer's.
    at : Bool[Tensor, "batch position"], optional
        Which positions count; by default all but the first and the last.

    Returns
    -------
    State
        Residual stream, activations and final scale at every position.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> state = cn.run(model, cn.prose_tokens(model, count=2))
    >>> state.residual.shape
    torch.Size([2, 256, 128])
    """
    counted = torch.ones_like(tokens, dtype=torch.bool)
    counted[:, [0, -1]] = False
    return run_network(model, tokens, layer, counted if at is None else at)


@torch.no_grad()
def run_network(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    layer: int | None,
    counted: Bool[Tensor, "batch position"],
) -> State:
    """What `run` does, under whatever hooks the model carries."""
    place = layer_number(model, layer)
    names = (stream_hook(model), activation_hook(place))
    residuals, activations = [], []
    for rows in row_blocks(tokens):
        _, cache = model.run_with_cache(
            tokens[rows].to(model.cfg.device),
            names_filter=lambda name: name in names,
            stop_at_layer=model.cfg.n_layers,
        )
        residuals.append(cache[names[0]])
        activations.append(cache[names[1]])
    residual = torch.cat(residuals)
    finite(residual, "residual stream")
    scale = final_norm(model).scale(residual)
    return State(
        tokens, residual, torch.cat(activations), scale, counted.to(residual.device), place
    )


def row_blocks(
    tokens: Int[Tensor, "batch position"], tokens_at_once: int = TOKENS_AT_ONCE
) -> Iterator[slice]:
    """Blocks of rows of about so many tokens, which bound the memory."""
    size = max(1, tokens_at_once // tokens.shape[1])
    for first in range(0, len(tokens), size):
        yield slice(first, min(first + size, len(tokens)))


def unembed(
    model: TransformerBridge,
    residual: Float[Tensor, "*batch d_model"],
    scale: Float[Tensor, "*batch 1"] | None = None,
) -> Float[Tensor, "*batch d_vocab"]:
    """Logits of a residual stream: norm(residual) @ W_U + b_U.

    A given `scale` freezes the final norm's scale, so that only direct
    effects on the logits remain.

    Raises
    ------
    NotImplementedError
        If the logits are something else: soft-capped, or divided.
    """
    need_linear_unembedding(model)
    return final_norm(model).apply(residual, scale) @ model.W_U + model.b_U
