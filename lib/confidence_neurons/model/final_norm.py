"""The last normalisation before the unembedding, with its scale in our hands.

The final LayerNorm divides the residual stream by a scale that depends on all
of it. A component can therefore change the logits in two ways: directly, or
by changing the scale that every logit is divided by. Freezing the scale at
its clean value keeps only the first.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


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
