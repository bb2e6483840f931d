"""The end of a network that TransformerLens's bridge holds, and the names of its hooks.

TransformerLens itself is not imported here: whoever has a bridge has done so.
"""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.model.ends import Change, Recorded, StoredMap
from confidence_neurons.model.final_norm import FinalNorm, MlpNorm, eps_of, gain_of


def stream_hook(model: Any) -> str:
    """Name of the hook on the residual stream that enters the final norm."""
    return f"blocks.{model.cfg.n_layers - 1}.hook_resid_post"


def activation_hook(layer: int) -> str:
    """Name of the hook on a layer's neurons, after the nonlinearity (and the gate)."""
    return f"blocks.{layer}.mlp.hook_post"


def mlp_out_hook(layer: int) -> str:
    """Name of the hook on what enters the norm between a layer's MLP and the stream."""
    return f"blocks.{layer}.ln2_post.hook_in"


def pattern_hook(layer: int) -> str:
    """Name of the hook on a layer's attention patterns."""
    return f"blocks.{layer}.attn.hook_pattern"


class BridgeEnd:
    """How the end of a bridge's network is reached; the gain is folded where it can be."""

    def __init__(self, bridge: Any) -> None:
        self.bridge = bridge

    @property
    def config(self) -> Any:
        """The Hugging Face configuration."""
        return self.bridge.original_model.config

    def final_norm(self) -> FinalNorm:
        """The final norm.

        Raises
        ------
        ValueError
            If the model was not loaded by `load_model`.
        NotImplementedError
            If the norm has no gain.
        """
        norm = self.bridge.ln_final
        module = norm.original_component
        if getattr(module, "weight", None) is None:
            raise NotImplementedError(
                f"{self.bridge.cfg.model_name}: expected a final LayerNorm or RMSNorm with a gain, "
                f"got {type(module).__name__} without: take another model"
            )
        if not self.bridge.compatibility_mode:
            raise ValueError(
                "expected a model in TransformerLens's compatibility mode, got one without: load "
                "it with load_model"
            )
        return FinalNorm(centres=not norm.uses_rms_norm, eps=self._eps(module))

    def stored_map(self) -> StoredMap:
        """What turns the normalised stream into logits; gain 1 where it is folded."""
        norm = self.bridge.ln_final
        return StoredMap(
            gain_of(norm.original_component, float(norm.uses_weight_offset)),
            getattr(norm.original_component, "bias", None),
            self.bridge.W_U.detach(),
            self.bridge.b_U,
        )

    def output_weights(self, layer: int) -> Float[Tensor, "d_mlp d_model"]:
        """The weights that a layer's activations are multiplied by.

        Raises
        ------
        NotImplementedError
            If the layer has no MLP, or one of several experts.
        """
        mlp = getattr(self.bridge.blocks[layer], "mlp", None)
        weights = getattr(mlp, "W_out", None)
        if not isinstance(weights, Tensor):
            found = "none" if mlp is None else type(mlp).__name__
            raise NotImplementedError(
                f"{self.bridge.cfg.model_name}: expected a plain or gated MLP with one w_out in "
                f"layer {layer}, got {found}: take a model without mixtures of experts, every "
                "layer of which has an MLP"
            )
        return weights.detach()

    def mlp_norm(self, layer: int) -> MlpNorm | None:
        """The norm between a layer's MLP and the residual stream."""
        norm = getattr(self.bridge.blocks[layer], "ln2_post", None)
        if norm is None:
            return None
        module = norm.original_component
        return MlpNorm(gain_of(module, float(norm.uses_weight_offset)), self._eps(module))

    def record(
        self, tokens: Int[Tensor, "batch position"], layer: int, change: Change | None = None
    ) -> Recorded:
        """Run a text, under whatever hooks the bridge carries, and keep what is measured."""
        last, neurons, after = stream_hook(self.bridge), activation_hook(layer), mlp_out_hook(layer)
        names = {last, neurons} | (set() if self.mlp_norm(layer) is None else {after})
        hooks = [] if change is None else [(neurons, lambda values, hook: change(values))]
        with self.bridge.hooks(fwd_hooks=hooks):
            _, cache = self.bridge.run_with_cache(
                tokens.to(self.bridge.cfg.device),
                names_filter=lambda name: name in names,
                stop_at_layer=self.bridge.cfg.n_layers,
            )
        return Recorded(cache[last], cache[neurons], cache[after] if after in names else None)

    def own_logits(
        self, tokens: Int[Tensor, "batch position"]
    ) -> Float[Tensor, "batch position d_vocab"]:
        """What the network itself makes of a text."""
        return self.bridge(tokens.to(self.bridge.cfg.device))

    def _eps(self, module: torch.nn.Module) -> float:
        return eps_of(module, float(self.bridge.cfg.eps))
