"""Every quirk of every family of models, and where in a network the measured parts are.

A plain decoder ends like this: the last MLP adds w_out to the residual stream
for each unit of a neuron's activation; a LayerNorm or RMSNorm divides the
stream by its scale; the unembedding turns it into logits. `FAMILIES` lists in
what a family differs. To support another one, add an entry here and a tiny
model of it to `tests/tiny_models.py`. A family that is not listed is taken for
a plain decoder, and `engine.assumptions` tries on a few tokens whether it is.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.model.final_norm import FinalNorm

SCALE_HOOK = "ln_final.hook_scale"


@dataclass(frozen=True)
class Family:
    """In what a family differs from a plain decoder.

    Attributes
    ----------
    norm_after_mlp:
        A norm stands between the MLP and the residual stream.
    residual_multiplier:
        Key of the configuration: what the MLP's output is multiplied by.
    logits_divisor:
        Key of the configuration: what the logits are divided by.
    soft_cap:
        Key of the configuration: what the size of the logits is capped at.
    final_norm:
        Path of the final norm in the network, where the project's own key
        `final_layer_norm_eps` sets its epsilon.
    """

    norm_after_mlp: bool = False
    residual_multiplier: str | None = None
    logits_divisor: str | None = None
    soft_cap: str | None = None
    final_norm: str | None = None


PLAIN = Family()
FAMILIES: dict[str, Family] = {
    "gemma2": Family(norm_after_mlp=True, soft_cap="final_logit_softcapping"),
    "gemma3_text": Family(norm_after_mlp=True, soft_cap="final_logit_softcapping"),
    "gpt2": PLAIN,
    "gpt_neox": Family(final_norm="gpt_neox.final_layer_norm"),
    "granite": Family(residual_multiplier="residual_multiplier", logits_divisor="logits_scaling"),
    "llama": PLAIN,
    "mistral": PLAIN,
    "olmo2": Family(norm_after_mlp=True),
    "phi": PLAIN,
    "qwen2": PLAIN,
}


def family_of(config: Any) -> Family:
    """The family that a Hugging Face configuration belongs to."""
    return FAMILIES.get(getattr(config, "model_type", ""), PLAIN)


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
    def of(cls, model: TransformerBridge) -> "Architecture":
        """Read off the configuration of a model, as its family names it."""
        config = model.original_model.config
        family = family_of(config)

        def setting(key: str | None, default: float) -> float:
            value = getattr(config, key, None) if key else None
            return default if value is None else float(value)

        return cls(
            family.norm_after_mlp,
            setting(family.residual_multiplier, 1.0),
            setting(family.logits_divisor, 1.0),
            setting(family.soft_cap, 0.0),
        )

    @property
    def adds_w_out(self) -> bool:
        """Whether a neuron's activation adds that many w_out to the residual stream."""
        return not self.norm_after_mlp and self.residual_multiplier == 1

    @property
    def unembeds_linearly(self) -> bool:
        """Whether the logits are the normalised stream times the unembedding, plus a bias."""
        return self.logits_divisor == 1 and self.soft_cap == 0


def need_linear_unembedding(model: TransformerBridge) -> None:
    """Refuse a model whose logits are something else than norm(residual) @ W_U + b_U.

    Raises
    ------
    NotImplementedError
        If it soft-caps its logits or divides them.
    """
    end = Architecture.of(model)
    if not end.unembeds_linearly:
        what = (
            f"soft-capped at {end.soft_cap:g}"
            if end.soft_cap
            else f"divided by {end.logits_divisor:g} (fold it into the unembedding, and save)"
        )
        raise NotImplementedError(
            f"{model.cfg.model_name}: expected logits that are linear in the normalised residual "
            f"stream, got logits {what}: take another model, or scan, which runs the network again"
        )


def need_added_w_out(model: TransformerBridge) -> None:
    """Refuse a model in which a neuron does not add its activation times w_out to the stream.

    Raises
    ------
    NotImplementedError
        If a norm or a factor stands between the MLP and the stream.
    """
    end = Architecture.of(model)
    if not end.adds_w_out:
        what = "normalises" if end.norm_after_mlp else f"multiplies by {end.residual_multiplier:g}"
        raise NotImplementedError(
            f"{model.cfg.model_name} {what} the MLP's output before adding it to the residual "
            "stream: there a neuron does not add its activation times w_out; use scan, which runs "
            "the network again"
        )


def layer_number(model: TransformerBridge, layer: int | None) -> int:
    """The number of a layer; None stands for the last one."""
    return model.cfg.n_layers - 1 if layer is None else layer


def output_weights(
    model: TransformerBridge, layer: int | None = None
) -> Float[Tensor, "d_mlp d_model"]:
    """Output weights w_out of one layer's neurons, one row a neuron; by default the last layer's.

    Raises
    ------
    NotImplementedError
        If the layer has no MLP, or one of several experts.
    """
    place = layer_number(model, layer)
    mlp = getattr(model.blocks[place], "mlp", None)
    w_out = getattr(mlp, "W_out", None)
    if not isinstance(w_out, Tensor):
        found = "none" if mlp is None else type(mlp).__name__
        raise NotImplementedError(
            f"{model.cfg.model_name}: expected a plain or gated MLP with one w_out in layer "
            f"{place}, got {found}: take a model without mixtures of experts, every layer of "
            "which has an MLP"
        )
    return w_out.detach().float()


def final_norm(model: TransformerBridge) -> FinalNorm:
    """The final norm of a model loaded by `load_model`.

    Raises
    ------
    ValueError
        If the gain is not folded into the unembedding, and could be.
    NotImplementedError
        If TransformerLens cannot fold it, or the norm has none.
    """
    component = model.ln_final
    module = component.original_component
    gain = getattr(module, "weight", None)
    if gain is None:
        raise NotImplementedError(
            f"{model.cfg.model_name}: expected a final LayerNorm or RMSNorm with a gain, got "
            f"{type(module).__name__} without: take another model"
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
            "got one with its own gain: load it with load_model"
        )
    named = (getattr(module, key, None) for key in ("eps", "variance_epsilon"))
    eps = next((float(value) for value in named if value is not None), float(model.cfg.eps))
    return FinalNorm(centres=not component.uses_rms_norm, eps=eps)


def stream_hook(model: TransformerBridge) -> str:
    """Name of the hook on the residual stream that enters the final norm."""
    return f"blocks.{model.cfg.n_layers - 1}.hook_resid_post"


def activation_hook(layer: int) -> str:
    """Name of the hook on a layer's neurons, after the nonlinearity (and the gate)."""
    return f"blocks.{layer}.mlp.hook_post"


def input_hook(layer: int) -> str:
    """Name of the hook on what enters a layer."""
    return f"blocks.{layer}.hook_in"


def pattern_hook(layer: int) -> str:
    """Name of the hook on a layer's attention patterns."""
    return f"blocks.{layer}.attn.hook_pattern"
