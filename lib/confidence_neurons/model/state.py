"""Run a model once and keep what the measurements need of its end."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.text.rows import check_tokens
from confidence_neurons.weights.neurons import layer_index

TOKENS_AT_ONCE = 2048


@dataclass(frozen=True)
class FinalState:
    """What a forward pass leaves at its end.

    Attributes
    ----------
    residual:
        The residual stream that enters the final norm.
    activations:
        Activations of one layer's MLP neurons (after the nonlinearity; for
        gated MLPs, after the gate), the last layer's unless another was asked
        for.
    """

    residual: Float[Tensor, "batch position d_model"]
    activations: Float[Tensor, "batch position d_mlp"]


@torch.no_grad()
def run_final(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    batch_size: int | None = None,
    layer: int | None = None,
) -> FinalState:
    """Final residual stream and neuron activations of a layer (the last) for each token.

    Nothing is unembedded: the logits of many tokens would take more memory
    than all that is kept.

    `batch_size` sequences go through the model at once, by default as many as
    have `TOKENS_AT_ONCE` tokens; it bounds the memory and does not change the
    result.

    Raises
    ------
    ValueError
        If tokens are out of range, rows exceed the model's context,
        `batch_size` is below 1, or there is no such layer.
    """
    check_rows(model, tokens)
    if batch_size is None:
        batch_size = max(1, TOKENS_AT_ONCE // tokens.shape[1])
    if batch_size < 1:
        raise ValueError(f"expected a batch_size of at least 1, got {batch_size}")
    last = model.cfg.n_layers - 1
    names = (
        f"blocks.{last}.hook_resid_post",
        f"blocks.{layer_index(model, layer)}.mlp.hook_post",
    )
    residuals, activations = [], []
    for chunk in tokens.split(batch_size):
        _, cache = model.run_with_cache(
            chunk.to(model.cfg.device),
            names_filter=lambda name: name in names,
            stop_at_layer=last + 1,
        )
        residuals.append(cache[names[0]])
        activations.append(cache[names[1]])
    return FinalState(torch.cat(residuals), torch.cat(activations))


def logits_from_residual(
    model: TransformerBridge,
    residual: Float[Tensor, "*batch d_model"],
    scale: Float[Tensor, "*batch 1"] | None = None,
) -> Float[Tensor, "*batch d_vocab"]:
    """Final norm and unembedding: norm(residual) @ W_U + b_U.

    A given `scale` freezes the final norm's scale, so that only direct
    effects on the logits remain.

    Raises
    ------
    NotImplementedError
        If the model soft-caps its logits or scales them.
    """
    check_linear_unembedding(model)
    normalised = FinalNorm.from_model(model).apply(residual, scale)
    return normalised @ model.W_U + model.b_U


def check_rows(model: TransformerBridge, tokens: Int[Tensor, "batch position"]) -> None:
    """Refuse token ids that the model cannot read.

    Raises
    ------
    TypeError, ValueError
        If tokens are not of the usual form, out of range, or rows exceed the
        model's context.
    """
    check_tokens(tokens, model.cfg.d_vocab)
    if tokens.shape[1] > model.cfg.n_ctx:
        raise ValueError(
            f"expected rows of at most {model.cfg.n_ctx} tokens, the model's context, "
            f"got {tokens.shape[1]}"
        )


def check_linear_unembedding(model: TransformerBridge) -> None:
    """Refuse a model whose logits are known not to be norm(residual) @ W_U + b_U.

    Raises
    ------
    NotImplementedError
        If it soft-caps its logits, or scales them (Granite's `logits_scaling`).
    """
    if soft_cap(model) > 0:
        raise NotImplementedError(
            f"{model.cfg.model_name} soft-caps its logits: they are not linear in the residual"
        )
    scaling = getattr(model.original_model.config, "logits_scaling", 1)
    if scaling != 1:
        raise NotImplementedError(
            f"{model.cfg.model_name}: expected logits that are not scaled, got logits_scaling = "
            f"{scaling}: divide the unembedding by it, save the model without it, and load that"
        )


def normalises_mlp_output(model: TransformerBridge) -> bool:
    """Whether a norm stands between the last layer's MLP and the residual stream."""
    return getattr(model.blocks[model.cfg.n_layers - 1], "ln2_post", None) is not None


def soft_cap(model: TransformerBridge) -> float:
    """What the size of the logits is soft-capped at; 0 where it is not."""
    return max(0.0, getattr(model.cfg, "output_logits_soft_cap", None) or 0.0)  # -1 is none too
