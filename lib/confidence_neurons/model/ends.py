"""What of a network is measured, whichever way it is held.

A model is held in one of two ways: in TransformerLens's bridge (`load_model`),
where chapters reach into heads; or as a plain network of transformers that is
only hooked (`load_light`). `Model` is what both have in common for everybody;
`End` is what each tells this package of the end of its network.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.model.final_norm import FinalNorm, MlpNorm

Change = Callable[[Float[Tensor, "batch position d_mlp"]], Float[Tensor, "batch position d_mlp"]]


@runtime_checkable
class Model(Protocol):
    """A model from `load_model` or `load_light`."""

    @property
    def cfg(self) -> Any:
        """Has d_model, d_mlp, d_vocab, n_layers, n_heads, n_ctx, device, model_name, dtype."""
        ...

    @property
    def tokenizer(self) -> Any:
        """Its tokenizer, of transformers."""
        ...


class Recorded(NamedTuple):
    """What a network leaves at its end."""

    residual: Float[Tensor, "batch position d_model"]
    activations: Float[Tensor, "batch position d_mlp"]
    mlp_out: Float[Tensor, "batch position d_model"] | None


class StoredMap(NamedTuple):
    """Gain and bias of the final norm, weights and bias of the unembedding."""

    gain: Float[Tensor, " d_model"]
    norm_bias: Float[Tensor, " d_model"] | None
    weights: Float[Tensor, "d_model d_vocab"]
    bias: Float[Tensor, " d_vocab"] | None


@runtime_checkable
class End(Protocol):
    """How the end of a network is reached."""

    @property
    def config(self) -> Any:
        """The Hugging Face configuration."""
        ...

    def final_norm(self) -> FinalNorm:
        """The final norm."""
        ...

    def stored_map(self) -> StoredMap:
        """What turns the normalised stream into logits."""
        ...

    def output_weights(self, layer: int) -> Float[Tensor, "d_mlp d_model"]:
        """The weights that a layer's activations are multiplied by, centred if the norm centres."""
        ...

    def mlp_norm(self, layer: int) -> MlpNorm | None:
        """The norm between a layer's MLP and the residual stream."""
        ...

    def record(
        self, tokens: Int[Tensor, "batch position"], layer: int, change: Change | None = None
    ) -> Recorded:
        """Run a text, and keep what is measured; `change` of a layer's activations on the way."""
        ...

    def own_logits(
        self, tokens: Int[Tensor, "batch position"]
    ) -> Float[Tensor, "batch position d_vocab"]:
        """What the network itself makes of a text."""
        ...
