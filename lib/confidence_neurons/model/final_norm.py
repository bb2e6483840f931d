"""The last normalisation before the unembedding, with its scale in our hands.

The final LayerNorm divides the residual stream by a scale that depends on all
of it. A component can therefore change the logits in two ways: directly, or
by changing the scale that every logit is divided by. Freezing the scale at
its clean value keeps only the first.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from confidence_neurons.model.precision import wide


@dataclass(frozen=True)
class FinalNorm:
    """LayerNorm or RMSNorm without gain and bias, which belong to the map to the logits.

    It works in single precision at least, whatever the model's own.

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
        stream = wide(residual)
        return stream - stream.mean(dim=-1, keepdim=True) if self.centres else stream

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


@dataclass(frozen=True)
class MlpNorm:
    """RMSNorm between an MLP and the residual stream, as in Gemma 2 and 3 and OLMo 2.

    Of the MLP's output u it adds gain * u / s_u to the stream, where
    s_u = sqrt(mean(u^2) + eps).

    Attributes
    ----------
    gain : Float[Tensor, "d_model"]
        What each coordinate is multiplied by.
    eps : float
        The constant under the root.
    """

    gain: Float[Tensor, " d_model"]
    eps: float

    def apply(self, mlp_out: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch d_model"]:
        """What is added to the residual stream."""
        return FinalNorm(centres=False, eps=self.eps).apply(mlp_out) * self.gain


def gain_of(module: Module, offset: float) -> Float[Tensor, " d_model"]:
    """What a norm multiplies by."""
    return module.get_parameter("weight").detach().float() + offset


def eps_of(module: Module, default: float | None = None) -> float:
    """The constant under the root of a norm."""
    named = (getattr(module, key, None) for key in ("eps", "variance_epsilon"))
    return float(next(value for value in (*named, default) if value is not None))
