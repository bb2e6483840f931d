"""The last normalisation before the unembedding, with its scale in our hands.

The final LayerNorm divides the residual stream by a scale that depends on all
of it. A component can therefore change the logits in two ways: directly, or
by changing the scale that every logit is divided by. Freezing the scale at
its clean value keeps only the first.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge


@dataclass(frozen=True)
class FinalNorm:
    """LayerNorm or RMSNorm without gain and bias (both are folded into the unembedding).

    Attributes
    ----------
    centres:
        True for LayerNorm, which subtracts the mean over d_model; False for
        RMSNorm, which does not.
    eps:
        The constant under the root.
    """

    centres: bool
    eps: float

    @classmethod
    def from_model(cls, model: TransformerBridge) -> "FinalNorm":
        """Read the final norm of a model loaded by `load_model`.

        Raises
        ------
        ValueError
            If the gain is not folded into the unembedding, and could be.
        NotImplementedError
            If TransformerLens cannot fold it, or the norm has none.
        """
        component = model.ln_final
        gain = getattr(component.original_component, "weight", None)
        if gain is None:
            raise NotImplementedError(
                f"{model.cfg.model_name}: expected a final LayerNorm or RMSNorm with a gain, got "
                f"{type(component.original_component).__name__} without: take another model"
            )
        folded = 0.0 if component.uses_weight_offset else 1.0
        if not torch.allclose(gain, torch.full_like(gain, folded)):
            if model.compatibility_mode:
                raise NotImplementedError(
                    f"{model.cfg.model_name}: expected a final LayerNorm or RMSNorm whose gain is "
                    "folded into the unembedding, got one with its own gain: TransformerLens does "
                    "not fold it for this architecture; take another model"
                )
            raise ValueError(
                "expected a model whose final gain is folded into the unembedding, "
                "got one with its own gain: load it with load_model, or call "
                "enable_compatibility_mode() first"
            )
        return cls(centres=not component.uses_rms_norm, eps=_epsilon(model))

    def centre(self, residual: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch d_model"]:
        """Subtract the mean over d_model where the norm does (LayerNorm)."""
        return residual - residual.mean(dim=-1, keepdim=True) if self.centres else residual

    def scale(self, residual: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch 1"]:
        """The number that the residual stream is divided by.

        sqrt(mean((x - mean(x))^2) + eps) for LayerNorm (Ba et al. 2016,
        arXiv 1607.06450); the same without centring for RMSNorm (Zhang &
        Sennrich 2019, arXiv 1910.07467).
        """
        return (self.centre(residual).pow(2).mean(dim=-1, keepdim=True) + self.eps).sqrt()

    def apply(
        self,
        residual: Float[Tensor, "*batch d_model"],
        scale: Float[Tensor, "*batch 1"] | None = None,
    ) -> Float[Tensor, "*batch d_model"]:
        """Normalise; a given `scale` is used as it is (frozen), else it is computed."""
        return self.centre(residual) / (self.scale(residual) if scale is None else scale)


def _epsilon(model: TransformerBridge) -> float:
    module = model.ln_final.original_component
    for name in ("eps", "variance_epsilon"):
        if hasattr(module, name):
            return float(getattr(module, name))
    return float(model.cfg.eps)
