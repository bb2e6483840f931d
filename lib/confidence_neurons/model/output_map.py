"""The map from the residual stream before the final norm to the logits.

    logits = cap(norm(x) * gain @ weights + bias)

where norm divides by the scale (and, for LayerNorm, subtracts the mean over
d_model) and cap is the identity, or c tanh(. / c) where logits are soft-capped.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.model.architecture import Architecture, end_of, final_norm
from confidence_neurons.model.ends import Model
from confidence_neurons.model.final_norm import FinalNorm

WIDENED_AT_ONCE = 2**24  # numbers of the weights


@dataclass(frozen=True)
class OutputMap:
    """The end of a network as a map; nothing in it is a copy of the unembedding.

    Attributes
    ----------
    weights : Float[Tensor, "d_model d_vocab"]
        The unembedding, a view of the model's own weights, in their precision.
    gain : Float[Tensor, "d_model"]
        What the normalised stream is multiplied by: the final norm's gain (1
        where it is folded into the weights), over the divisor of the logits.
    bias : Float[Tensor, "d_vocab"]
        What is added to the logits, the final norm's bias included.
    norm : FinalNorm
        The final norm.
    soft_cap : float
        What the size of the logits is capped at; 0 where it is not.
    """

    weights: Float[Tensor, "d_model d_vocab"]
    gain: Float[Tensor, " d_model"]
    bias: Float[Tensor, " d_vocab"]
    norm: FinalNorm
    soft_cap: float

    def logits(
        self,
        residual: Float[Tensor, "*batch d_model"],
        scale: Float[Tensor, "*batch 1"] | None = None,
    ) -> Float[Tensor, "*batch d_vocab"]:
        """Logits of a residual stream, in single precision at least; `scale` freezes the norm's."""
        stream = residual.to(self.weights.device)
        normalised = self.norm.apply(stream, scale) * self.gain
        return self.cap(times(normalised, self.weights) + self.bias)

    def cap(self, logits: Float[Tensor, "*batch d_vocab"]) -> Float[Tensor, "*batch d_vocab"]:
        """Soft-cap linear logits where the model does."""
        return self.soft_cap * (logits / self.soft_cap).tanh() if self.soft_cap else logits


def output_map(model: Model) -> OutputMap:
    """The map from a model's last residual stream to its logits.

    Raises
    ------
    ValueError, NotImplementedError
        As `final_norm`.
    """
    norm = final_norm(model)
    stored, quirks = end_of(model).stored_map(), Architecture.of(model)
    device = stored.weights.device
    gain = stored.gain.to(device)
    bias = torch.zeros(stored.weights.shape[1], device=device)
    if stored.bias is not None:
        bias = bias + stored.bias.detach().to(bias)
    if stored.norm_bias is not None:
        bias = bias + times(stored.norm_bias.detach().to(gain), stored.weights).float()
    divisor = quirks.logits_divisor
    return OutputMap(stored.weights, gain / divisor, bias / divisor, norm, quirks.soft_cap)


def times(
    rows: Float[Tensor, "*batch d_model"], weights: Float[Tensor, "d_model d_vocab"]
) -> Float[Tensor, "*batch d_vocab"]:
    """Rows times weights of any precision, of which only a few columns are widened at once."""
    kind = torch.promote_types(rows.dtype, weights.dtype)
    if kind == weights.dtype:
        return rows.to(kind) @ weights
    columns = max(1, WIDENED_AT_ONCE // len(weights))
    parts = [rows.to(kind) @ few.to(kind) for few in weights.split(columns, dim=1)]
    return torch.cat(parts, dim=-1)
