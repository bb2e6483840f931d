"""The end of a model, whichever way it is held: its weights, its norms, its quirks.

Everything that differs between TransformerLens's bridge (`model.bridge`) and a
plain network (`model.light`), and between families (`model.families`), is
settled in this package: what measures takes a `Model`, and asks here.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.model.bridge import BridgeEnd
from confidence_neurons.model.ends import End, Model
from confidence_neurons.model.families import FAMILIES as FAMILIES
from confidence_neurons.model.families import family_of
from confidence_neurons.model.final_norm import FinalNorm, MlpNorm
from confidence_neurons.model.light import LightModel

if TYPE_CHECKING:
    from transformer_lens.model_bridge import TransformerBridge


def end_of(model: Model) -> End:
    """The end of a model's network, whichever way it is held."""
    return model.end if isinstance(model, LightModel) else BridgeEnd(model)


def need_bridge(model: Model, what: str) -> "TransformerBridge":
    """Refuse a model that is not held by TransformerLens; `what` says what needs that.

    Raises
    ------
    TypeError
        If it comes from `load_light`.
    """
    if isinstance(model, LightModel):
        raise TypeError(
            f"expected a model from load_model, got one from load_light: {what} reaches into the "
            "network by TransformerLens, so load the model with load_model"
        )
    return cast("TransformerBridge", model)


@dataclass(frozen=True)
class Architecture:
    """How the end of one model is built.

    Attributes
    ----------
    norm_after_mlp:
        A norm stands between the last MLP and the residual stream.
    residual_multiplier:
        What the MLP's output is multiplied by on its way to the stream.
    logits_divisor:
        What the logits are divided by.
    soft_cap:
        What the size of the logits is capped at; 0 where it is not.
    """

    norm_after_mlp: bool
    residual_multiplier: float
    logits_divisor: float
    soft_cap: float

    @classmethod
    def of(cls, model: Model) -> "Architecture":
        """Read off the configuration of a model, as its family names it."""
        config = end_of(model).config
        family = family_of(config)

        def setting(key: str | None, default: float) -> float:
            value = getattr(config, key, None) if key else None
            return default if value is None else float(value)

        return cls(
            family.mlp_norm is not None,
            setting(family.residual_multiplier, 1.0),
            setting(family.logits_divisor, 1.0),
            setting(family.soft_cap, 0.0),
        )

    @property
    def unembeds_linearly(self) -> bool:
        """Whether the logits are the normalised stream times a matrix, plus a bias."""
        return self.soft_cap == 0


def need_linear_unembedding(model: Model) -> None:
    """Refuse a model whose logits are not linear in the normalised residual stream.

    Raises
    ------
    NotImplementedError
        If it soft-caps its logits.
    """
    cap = Architecture.of(model).soft_cap
    if cap:
        raise NotImplementedError(
            f"{model.cfg.model_name}: expected logits that are linear in the normalised residual "
            f"stream, got logits soft-capped at {cap:g}: take another model"
        )


def layer_number(model: Model, layer: int | None) -> int:
    """The number of a layer; None stands for the last one."""
    return model.cfg.n_layers - 1 if layer is None else layer


def output_weights(model: Model, layer: int | None = None) -> Float[Tensor, "d_mlp d_model"]:
    """Output weights w_out of one layer's neurons, one row a neuron; by default the last layer's.

    What one unit of a neuron's activation adds to the residual stream, or to
    what enters a norm after the MLP where there is one (see `mlp_norm`): times
    the family's factor, and centred over d_model where the final norm centres.

    Raises
    ------
    NotImplementedError
        If the layer has no MLP, or one of several experts.
    """
    weights = end_of(model).output_weights(layer_number(model, layer)).float()
    factor = Architecture.of(model).residual_multiplier
    return weights if factor == 1 else factor * weights


def final_norm(model: Model) -> FinalNorm:
    """The final norm, without its gain (see `output_map`).

    Raises
    ------
    ValueError
        If a model is held by TransformerLens and was not loaded by `load_model`.
    NotImplementedError
        If the norm has no gain.
    """
    return end_of(model).final_norm()


def mlp_norm(model: Model, layer: int | None = None) -> MlpNorm | None:
    """The norm between a layer's MLP and the residual stream; None where there is none."""
    return end_of(model).mlp_norm(layer_number(model, layer))


@torch.no_grad()
def own_logits(
    model: Model, tokens: Int[Tensor, "batch position"]
) -> Float[Tensor, "batch position d_vocab"]:
    """What the network itself makes of a text, to hold the map to the logits against."""
    return end_of(model).own_logits(tokens)
