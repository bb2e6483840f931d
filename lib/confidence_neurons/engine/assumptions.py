"""Try on a few tokens whether a model is what the closed form takes it for.

The closed form takes two things for granted, which no list of architectures
can promise: that the map of `model.output_map` makes the model's logits of the
last residual stream; and that a change of an activation moves that stream by
so many w_out, or, where a norm follows the MLP, by what that norm makes of it.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.checks import finite
from confidence_neurons.model.architecture import (
    Architecture,
    end_of,
    final_norm,
    mlp_norm,
    output_weights,
    own_logits,
)
from confidence_neurons.model.ends import Model
from confidence_neurons.model.output_map import output_map

TOKENS_TRIED = 8
ROUNDING = 8  # machine epsilons of the model's own numbers
LEAST_TOLERANCE = 1e-3  # float32, on a GPU with TF32 too


def closed_form_holds(model: Model, tokens: Int[Tensor, "batch position"], layer: int) -> bool:
    """Whether an ablation is an update of the last residual stream, and the logits linear in it.

    Not so before the last layer, or where logits are soft-capped; otherwise
    tried on the first few tokens.
    """
    check_logits(model, tokens)
    return (
        layer == model.cfg.n_layers - 1
        and Architecture.of(model).unembeds_linearly
        and moves_stream(model, tokens)
    )


@torch.no_grad()
def check_logits(model: Model, tokens: Int[Tensor, "batch position"]) -> None:
    """Refuse a model whose logits are something else than its map makes of the stream.

    Raises
    ------
    NotImplementedError
        If log-probabilities at the first few tokens are others.
    ValueError
        If they are NaN.
    """
    few, end = tokens[:1, :TOKENS_TRIED], output_map(model)
    finite(end.bias, "bias of the logits")
    own = own_logits(model, few)
    if own.isnan().any():
        raise ValueError(
            f"{model.cfg.model_name}: expected logits that are numbers, got NaN, though no weight "
            f"is NaN: too large for {own.dtype}? Load the model in float32"
        )
    logits = end.logits(end_of(model).record(few, model.cfg.n_layers - 1).residual.float())
    if not _agree(_centred(logits), _centred(own), own.dtype, beside=own):
        raise NotImplementedError(
            f"{model.cfg.model_name}: expected logits that are norm(x) * gain @ W_U + b_U of the "
            "last residual stream x, got others. What is read off the unembedding would be "
            "wrong: take another model"
        )


@torch.no_grad()
def moves_stream(model: Model, tokens: Int[Tensor, "batch position"]) -> bool:
    """Whether the last residual stream moves as the closed form says when an activation does.

    Tried on the first few tokens, with the neuron that has the longest w_out
    and a delta that moves the stream, or what enters the norm after the MLP, by
    its own length: rounding is small beside that. (Where no neuron writes
    anything, none must move it.)
    """
    few, last, end = tokens[:1, :TOKENS_TRIED], model.cfg.n_layers - 1, end_of(model)
    weights, norm = output_weights(model), mlp_norm(model)
    neuron = int(weights.norm(dim=-1).argmax())
    clean = end.record(few, last)
    start = (clean.residual if clean.mlp_out is None else clean.mlp_out).float()
    length = weights[neuron].norm()
    delta = start.norm(dim=-1) / length.where(length > 0, 1)
    after = clean.activations[..., neuron] + delta

    def move(values: Float[Tensor, "batch position d_mlp"]) -> Tensor:
        moved = values.clone()
        moved[..., neuron] = after.to(values)
        return moved

    added = delta.unsqueeze(-1) * weights[neuron]
    if norm is not None:
        added = norm.apply(start + added) - norm.apply(start)
    moved = end.record(few, last, move).residual.float() - clean.residual.float()
    centre = final_norm(model).centre
    return _agree(centre(moved), centre(added), model.cfg.dtype)


def _centred(logits: Float[Tensor, "*batch d_vocab"]) -> Float[Tensor, "*batch d_vocab"]:
    """Log-probabilities but for a constant, whose size would hide differences."""
    return logits.float() - logits.float().mean(dim=-1, keepdim=True)


def _agree(
    found: Float[Tensor, "*batch size"],
    expected: Float[Tensor, "*batch size"],
    kind: torch.dtype,
    beside: Float[Tensor, "*batch size"] | None = None,
) -> bool:
    """Whether vectors differ by no more than numbers of this type are rounded.

    `beside` are the numbers that `expected` are small differences of, if they
    are: whose rounding may be all that there is of them.
    """
    rounding = ROUNDING * torch.finfo(kind).eps
    allowed = max(LEAST_TOLERANCE, rounding) * expected.norm(dim=-1)
    if beside is not None:
        allowed = allowed + rounding * beside.float().norm(dim=-1)
    return bool(((found - expected).norm(dim=-1) <= allowed).all())
