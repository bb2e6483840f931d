"""Read, position by position, what a model's output says of its confidence."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import check_linear_unembedding, logits_from_residual

TOKENS_AT_ONCE = 512


@dataclass(frozen=True)
class Readings:
    """What stands at the output, one entry per position.

    Attributes
    ----------
    entropy:
        Of the next-token distribution, in nats.
    loss:
        Minus log-probability of the target, in nats.
    scale:
        What the final norm divides the residual stream by.
    confidence:
        Probability of the first choice.
    wrong:
        Whether the first choice is another token than the target.
    """

    entropy: Float[Tensor, "*batch"]
    loss: Float[Tensor, "*batch"]
    scale: Float[Tensor, "*batch"]
    confidence: Float[Tensor, "*batch"]
    wrong: Bool[Tensor, "*batch"]


@torch.no_grad()
def read_output(
    model: TransformerBridge,
    residual: Float[Tensor, "*batch d_model"],
    targets: Int[Tensor, "*batch"],
    scale: Float[Tensor, "*batch 1"] | None = None,
) -> Readings:
    """Entropy, loss, final scale and confidence from the residual stream before the final norm.

    Parameters
    ----------
    targets:
        The token that comes next at each of these positions.
    scale:
        Freezes the final norm's scale, so that only direct effects remain; by
        default it is computed from `residual`.

    Raises
    ------
    ValueError
        If there is not one target for each position, or a value is NaN or
        infinite.
    NotImplementedError
        If the model soft-caps its logits.
    """
    check_linear_unembedding(model)
    if residual.shape[:-1] != targets.shape:
        raise ValueError(
            f"expected one target for each position of a residual stream "
            f"{tuple(residual.shape)}, got targets {tuple(targets.shape)}"
        )
    if not residual.isfinite().all():
        raise ValueError(
            "expected a finite residual stream, got NaN or infinite values: check the model's "
            "weights and the input"
        )
    scale = FinalNorm.from_model(model).scale(residual) if scale is None else scale
    pieces = zip(
        residual.flatten(0, -2).split(TOKENS_AT_ONCE),
        scale.flatten(0, -2).split(TOKENS_AT_ONCE),
        targets.to(residual.device).flatten().split(TOKENS_AT_ONCE),
        strict=True,
    )
    read = [_read(model, *piece) for piece in pieces]
    entropy, loss, confidence, wrong = (
        torch.cat(column).reshape(targets.shape) for column in zip(*read, strict=True)
    )
    return Readings(entropy, loss, scale.squeeze(-1), confidence, wrong)


def _read(
    model: TransformerBridge,
    residual: Float[Tensor, "token d_model"],
    scale: Float[Tensor, "token 1"],
    targets: Int[Tensor, " token"],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    log_p = logits_from_residual(model, residual, scale).log_softmax(dim=-1)
    entropy = -torch.linalg.vecdot(log_p.exp(), log_p)
    loss = -log_p.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    best, choice = log_p.max(dim=-1)
    return entropy, loss, best.exp(), choice != targets
