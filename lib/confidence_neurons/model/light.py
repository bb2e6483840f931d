"""A plain network of transformers, hooked where it is measured; nothing copied, nothing folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module

from confidence_neurons.model.ends import Change, Recorded, StoredMap
from confidence_neurons.model.families import FAMILIES, Family
from confidence_neurons.model.final_norm import FinalNorm, MlpNorm, eps_of, gain_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class Sizes:
    """Sizes of a model, under the names that TransformerLens gives them; where and what it is."""

    d_model: int
    d_mlp: int
    d_vocab: int
    n_layers: int
    n_heads: int
    n_ctx: int
    device: torch.device
    model_name: str
    dtype: torch.dtype


@dataclass(frozen=True, eq=False)
class LightModel:
    """A network of transformers that is only read, from `load_light`.

    Attributes
    ----------
    network : PreTrainedModel
        The network itself, in any precision, on any devices.
    tokenizer : PreTrainedTokenizerBase
        Its tokenizer.
    cfg : Sizes
        d_model, d_mlp, d_vocab, n_layers, n_heads, n_ctx; device (that of the
        unembedding, where everything is measured), model_name, dtype.
    """

    network: PreTrainedModel = field(repr=False)
    tokenizer: PreTrainedTokenizerBase = field(repr=False)
    cfg: Sizes

    @classmethod
    def of(
        cls, network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str
    ) -> LightModel:
        """Hold a network, whose parameters are frozen and which is put in evaluation mode.

        Raises
        ------
        NotImplementedError
            If the family is not known, a part is not where the family has it,
            or weights that are read are quantised or not in memory.
        """
        end = LightEnd(network, name)
        config: Any = network.config
        w_out, weights = end.output_weights(-1), end.stored_map().weights
        sizes = Sizes(
            d_model=weights.shape[0],
            d_mlp=w_out.shape[0],
            d_vocab=weights.shape[1],
            n_layers=len(end.layers),
            n_heads=config.num_attention_heads,
            n_ctx=config.max_position_embeddings,
            device=weights.device,
            model_name=name,
            dtype=weights.dtype,
        )
        return cls(network.eval().requires_grad_(False), tokenizer, sizes)

    @property
    def end(self) -> LightEnd:
        """How the end of the network is reached."""
        return LightEnd(self.network, self.cfg.model_name)


class LightEnd:
    """How the end of a plain network is reached, as its family has its parts."""

    def __init__(self, network: PreTrainedModel, name: str) -> None:
        self.network, self.name = network, name
        self.family = self._known_family()
        self.layers: Any = self._part(network.base_model, self.family.layers)

    @property
    def config(self) -> Any:
        """The Hugging Face configuration."""
        return self.network.config

    def final_norm(self) -> FinalNorm:
        """The final norm."""
        norm = self._norm()
        return FinalNorm(isinstance(norm, torch.nn.LayerNorm), eps_of(norm))

    def stored_map(self) -> StoredMap:
        """What turns the normalised stream into logits: views of the network's own weights."""
        head: Any = self.network.get_output_embeddings()
        norm = self._norm()
        return StoredMap(
            gain_of(norm, self.family.gain_offset),
            getattr(norm, "bias", None),
            self._weights(head, "the unembedding").T,
            getattr(head, "bias", None),
        )

    def output_weights(self, layer: int) -> Float[Tensor, "d_mlp d_model"]:
        """The weights that a layer's activations are multiplied by, as the final norm sees them.

        They are centred where it centres, as TransformerLens centres them.
        """
        down = self._part(self.layers[layer], self.family.down)
        weights = self._weights(down, f"the output weights of layer {layer}")
        return self.final_norm().centre(weights if self.family.rows_are_neurons else weights.T)

    def mlp_norm(self, layer: int) -> MlpNorm | None:
        """The norm between a layer's MLP and the residual stream."""
        if self.family.mlp_norm is None:
            return None
        norm = self._part(self.layers[layer], self.family.mlp_norm)
        return MlpNorm(gain_of(norm, self.family.gain_offset), eps_of(norm))

    @torch.no_grad()
    def record(
        self, tokens: Int[Tensor, "batch position"], layer: int, change: Change | None = None
    ) -> Recorded:
        """Run a text without the unembedding, and keep what is measured."""
        parts = {"residual": self._norm()}
        if self.family.mlp_norm is not None:
            parts["mlp_out"] = self._part(self.layers[layer], self.family.mlp_norm)
        down = self._part(self.layers[layer], self.family.down)
        with _changed(down, change), _inputs_of({**parts, "activations": down}) as seen:
            self.network.base_model(input_ids=self._at_home(tokens), use_cache=False)
        device = self.stored_map().weights.device
        kept = {name: value.to(device) for name, value in seen.items()}
        return Recorded(kept["residual"], kept["activations"], kept.get("mlp_out"))

    @torch.no_grad()
    def own_logits(
        self, tokens: Int[Tensor, "batch position"]
    ) -> Float[Tensor, "batch position d_vocab"]:
        """What the network itself makes of a text."""
        return self.network(input_ids=self._at_home(tokens), use_cache=False).logits

    def _at_home(self, tokens: Int[Tensor, "batch position"]) -> Int[Tensor, "batch position"]:
        """The text where the network begins; what lies on the disk is moved by accelerate."""
        home = self.network.get_input_embeddings().get_parameter("weight").device
        return tokens if home.type == "meta" else tokens.to(home)

    def _known_family(self) -> Family:
        kind = getattr(self.network.config, "model_type", None)
        if kind not in FAMILIES:
            raise NotImplementedError(
                f"{self.name}: expected a model of a family whose parts are known "
                f"({', '.join(FAMILIES)}), got {kind}: take another model, or load_model, which "
                "TransformerLens finds the parts for"
            )
        return FAMILIES[kind]

    def _norm(self) -> Module:
        return self._part(self.network.base_model, self.family.norm)

    def _part(self, module: Module, path: str) -> Module:
        try:
            return module.get_submodule(path)
        except AttributeError:
            raise NotImplementedError(
                f"{self.name}: expected {path} in {type(module).__name__}, as in other models of "
                f"this kind ({self.network.config.model_type}), got none: take another model"
            ) from None

    def _weights(self, module: Module | None, what: str) -> Float[Tensor, "rows columns"]:
        """The weights of a linear map, as they are stored."""
        weights = getattr(module, "weight", None)
        if not isinstance(weights, Tensor) or not weights.is_floating_point():
            kind = "none" if weights is None else f"numbers of {weights.dtype}"
            raise NotImplementedError(
                f"{self.name}: expected {what} as floating-point numbers, got {kind}: take the "
                "model without quantisation"
            )
        if weights.device.type == "meta":
            raise NotImplementedError(
                f"{self.name}: expected {what} in memory, got weights that are read from the disk "
                "when they are needed: give a device_map that keeps the last layer, the final norm "
                "and the unembedding on a device"
            )
        return weights.detach()


@contextmanager
def _changed(part: Module, change: Change | None) -> Iterator[None]:
    """Change what enters a part while the network runs."""
    if change is None:
        yield
        return
    hook = part.register_forward_pre_hook(lambda module, inputs: (change(inputs[0]),))
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def _inputs_of(parts: Mapping[str, Module]) -> Iterator[dict[str, Tensor]]:
    """What enters each part while the network runs."""
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        return lambda module, inputs: seen.__setitem__(name, inputs[0].detach())

    hooks = [part.register_forward_pre_hook(keep(name)) for name, part in parts.items()]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
