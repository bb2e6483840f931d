"""Try on a few tokens whether a model is what the closed form takes it for.

The closed form takes two things for granted, which no list of architectures
can promise: the logits are norm(x) W_U + b_U of the last residual stream x;
and the last MLP adds w_out to x for each unit of a neuron's activation.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.checks import finite
from confidence_neurons.model.architecture import (
    Architecture,
    activation_hook,
    final_norm,
    output_weights,
    stream_hook,
)

TOKENS_TRIED = 8
ROUNDING = 8  # machine epsilons of the model's own numbers
LEAST_TOLERANCE = 1e-3  # float32, on a GPU with TF32 too


def closed_form_holds(
    model: TransformerBridge, tokens: Int[Tensor, "batch position"], layer: int
) -> bool:
    """Whether an ablation only adds a multiple of w_out to the last residual stream.

    Not so before the last layer, where a norm or a factor follows the MLP, or
    where logits are soft-capped; otherwise tried on the first few tokens.
    """
    check_logits(model, tokens)
    end = Architecture.of(model)
    return (
        layer == model.cfg.n_layers - 1
        and end.adds_w_out
        and end.unembeds_linearly
        and adds_w_out(model, tokens)
    )


@torch.no_grad()
def check_logits(model: TransformerBridge, tokens: Int[Tensor, "batch position"]) -> None:
    """Refuse a model whose logits are something else than norm(x) W_U + b_U, soft-capped or not.

    Raises
    ------
    NotImplementedError
        If log-probabilities at the first few tokens are others.
    ValueError
        If they are NaN.
    """
    finite(model.b_U, "bias of the logits")
    residual, _, own = _run(model, tokens)
    if own.isnan().any():
        raise ValueError(
            f"{model.cfg.model_name}: expected logits that are numbers, got NaN, though no weight "
            f"is NaN: too large for {own.dtype}? Load the model with load_model, in float32"
        )
    normalised = final_norm(model).apply(residual)
    logits = normalised @ model.W_U.float() + model.b_U.float()
    cap = Architecture.of(model).soft_cap
    if cap:
        logits = cap * (logits / cap).tanh()
    if not _agree(_centred(logits), _centred(own), own.dtype):
        raise NotImplementedError(
            f"{model.cfg.model_name}: expected logits that are norm(x) @ W_U + b_U of the last "
            "residual stream x, got others (scaled ones, as Granite's by its logits_scaling?). "
            "What is read off the unembedding would be wrong: fold such a factor into the "
            "weights of the unembedding, save the model without it, and load that"
        )


@torch.no_grad()
def adds_w_out(model: TransformerBridge, tokens: Int[Tensor, "batch position"]) -> bool:
    """Whether the last residual stream moves by delta * w_out when an activation moves by delta.

    Tried on the first few tokens, with the neuron that has the longest w_out
    and a delta that moves the stream by its own length: rounding is small
    beside that. Not so for Granite with its residual_multiplier.
    """
    weights = output_weights(model)
    neuron = int(weights.norm(dim=-1).argmax())
    clean, activations, _ = _run(model, tokens)
    delta = clean.norm(dim=-1) / weights[neuron].norm()

    def move(values: Tensor, hook: object) -> Tensor:
        moved = values.clone()
        moved[..., neuron] = (activations[..., neuron] + delta).to(values)
        return moved

    with model.hooks(fwd_hooks=[(activation_hook(model.cfg.n_layers - 1), move)]):
        moved, _, _ = _run(model, tokens)
    return _agree(moved - clean, delta.unsqueeze(-1) * weights[neuron], model.W_U.dtype)


def _run(
    model: TransformerBridge, tokens: Int[Tensor, "batch position"]
) -> tuple[
    Float[Tensor, "1 few d_model"],
    Float[Tensor, "1 few d_mlp"],
    Float[Tensor, "1 few d_vocab"],
]:
    """Last residual stream, last activations and logits at the first few tokens."""
    names = (stream_hook(model), activation_hook(model.cfg.n_layers - 1))
    few = tokens[:1, :TOKENS_TRIED].to(model.cfg.device)
    logits, cache = model.run_with_cache(few, names_filter=lambda name: name in names)
    return cache[names[0]].float(), cache[names[1]].float(), logits


def _centred(logits: Float[Tensor, "*batch d_vocab"]) -> Float[Tensor, "*batch d_vocab"]:
    """Log-probabilities but for a constant, whose size would hide differences."""
    return logits.float() - logits.float().mean(dim=-1, keepdim=True)


def _agree(
    found: Float[Tensor, "*batch size"], expected: Float[Tensor, "*batch size"], kind: torch.dtype
) -> bool:
    """Whether vectors differ by no more than numbers of this type are rounded."""
    tolerance = max(LEAST_TOLERANCE, ROUNDING * torch.finfo(kind).eps)
    return bool(((found - expected).norm(dim=-1) <= tolerance * expected.norm(dim=-1)).all())
