"""Run a text through a model once, and keep what every measurement needs of the network's end."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from confidence_neurons.checks import CHECKS, Given, checked, finite, kind_of
from confidence_neurons.model.architecture import end_of, final_norm, layer_number
from confidence_neurons.model.ends import Change, Model
from confidence_neurons.model.output_map import output_map
from confidence_neurons.model.precision import wide

TOKENS_AT_ONCE = 2048


@dataclass(frozen=True)
class State:
    """What a text leaves at the end of a network, and which of its positions count.

    Attributes
    ----------
    tokens : Int[Tensor, "batch position"]
        The text: rows of BOS and consecutive tokens.
    residual : Float[Tensor, "batch position d_model"]
        The residual stream that enters the final norm, in single precision at
        least.
    activations : Float[Tensor, "batch position d_mlp"]
        Activations of one layer's MLP neurons, after the nonlinearity (in
        gated MLPs, after the gate), in the model's own precision.
    scale : Float[Tensor, "batch position 1"]
        What the final norm divides the residual stream by.
    counted : Bool[Tensor, "batch position"]
        The positions that measures count. By default all but the first (BOS)
        and the last, which has no target: the target of position t is
        `tokens[:, t + 1]`.
    layer : int
        The layer of the activations.
    mlp_out : Float[Tensor, "batch position d_model"], optional
        What enters the norm between that layer's MLP and the residual stream,
        in models that have one.
    """

    tokens: Int[Tensor, "batch position"]
    residual: Float[Tensor, "batch position d_model"]
    activations: Float[Tensor, "batch position d_mlp"]
    scale: Float[Tensor, "batch position 1"]
    counted: Bool[Tensor, "batch position"]
    layer: int
    mlp_out: Float[Tensor, "batch position d_model"] | None = None

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
            mlp_out=None if self.mlp_out is None else self.mlp_out[chosen],
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
        """Mean activation of each neuron over the counted positions, single precision at least."""
        mean = self.activations[self.counted].mean(dim=0, dtype=torch.float64)
        return mean.to(wide(self.activations[:0]).dtype)

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
    model: Model,
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
    model : Model
        From `load_model` or `load_light`.
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
    model: Model,
    tokens: Int[Tensor, "batch position"],
    layer: int | None,
    counted: Bool[Tensor, "batch position"],
    change: Change | None = None,
) -> State:
    """What `run` does, under whatever hooks the model carries; `change` of the activations too."""
    place, end = layer_number(model, layer), end_of(model)
    blocks = [end.record(tokens[rows], place, change) for rows in row_blocks(tokens)]
    residual = torch.cat([wide(block.residual) for block in blocks])
    need_finite(model, residual)
    after = [wide(block.mlp_out) for block in blocks if block.mlp_out is not None]
    return State(
        tokens,
        residual,
        torch.cat([block.activations for block in blocks]),
        final_norm(model).scale(residual),
        counted.to(residual.device),
        place,
        torch.cat(after) if after else None,
    )


def need_finite(model: Model, residual: Float[Tensor, "batch position d_model"]) -> None:
    """Refuse a residual stream with NaN or infinity in it.

    Raises
    ------
    ValueError
        With the reason, where the precision of the model may be it.
    """
    try:
        finite(residual, "residual stream")
    except ValueError as error:
        if model.cfg.dtype != torch.float16:
            raise
        raise ValueError(
            f"{error}; float16 holds no number beyond 65,504: load it as bfloat16 or float32"
        ) from None


def row_blocks(
    tokens: Int[Tensor, "batch position"], tokens_at_once: int = TOKENS_AT_ONCE
) -> Iterator[slice]:
    """Blocks of rows of about so many tokens, which bound the memory."""
    size = max(1, tokens_at_once // tokens.shape[1])
    for first in range(0, len(tokens), size):
        yield slice(first, min(first + size, len(tokens)))


def unembed(
    model: Model,
    residual: Float[Tensor, "*batch d_model"],
    scale: Float[Tensor, "*batch 1"] | None = None,
) -> Float[Tensor, "*batch d_vocab"]:
    """Logits of a residual stream, in single precision at least: see `model.output_map`.

    A given `scale` freezes the final norm's scale, so that only direct
    effects on the logits remain.
    """
    return output_map(model).logits(residual, scale)
