"""Check what was asked of a scan, before any work, and prepare the inputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.engine.assumptions import adds_w_out, check_logits
from confidence_neurons.engine.memory import Plan
from confidence_neurons.engine.readout import Ablations, Readout
from confidence_neurons.model.bundled import bundled_names
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.loading import unigram_counts
from confidence_neurons.model.state import check_rows, normalises_mlp_output, run_final, soft_cap
from confidence_neurons.text.rows import measured
from confidence_neurons.weights.neurons import chosen_neurons, layer_index, neuron_weights
from confidence_neurons.weights.unigram import Unigram

DOUBLE_BELOW = 2**26  # ablated logits: tokens x neurons x vocabulary


@dataclass(frozen=True)
class Request:
    """A valid request: which tokens, which neurons of which layer, which means."""

    model: TransformerBridge
    tokens: Int[Tensor, "batch position"]
    reference: Int[Tensor, "batch position"] | None
    layer: int
    neurons: list[int]
    counts: Int[Tensor, " d_vocab"] | None
    unigram: Unigram | None

    @classmethod
    def check(
        cls,
        model: TransformerBridge,
        tokens: Int[Tensor, "batch position"],
        *,
        neurons: Sequence[int] | None,
        reference: Int[Tensor, "batch position"] | None,
        layer: int | None,
        counts: Int[Tensor, " d_vocab"] | None,
        frequency: bool,
    ) -> "Request":
        """Refuse bad input at once.

        Raises
        ------
        TypeError, ValueError
            If tokens (or the reference's) are not of the usual form, a neuron
            or the layer is not there, weights are NaN, or counts are missing,
            no whole numbers, or belong to another vocabulary.
        NotImplementedError
            If the MLP or the final norm is of a kind that is not supported.
        """
        d_vocab = model.cfg.d_vocab
        for rows in (tokens,) if reference is None else (tokens, reference):
            check_rows(model, rows)
        place = layer_index(model, layer)
        w_out = neuron_weights(model, place)
        FinalNorm.from_model(model)
        for name, weights in (*model.named_parameters(), ("b_U", model.b_U)):
            if not weights.isfinite().all():
                raise ValueError(f"{name} has NaN or infinite weights: load the model again")
        if counts is None and model.cfg.model_name in bundled_names():
            counts = unigram_counts(model.cfg.model_name)
        if frequency and counts is None:
            raise ValueError(
                f"expected counts for the frequency columns, got none, and {model.cfg.model_name} "
                "has none of its own: count the tokens of a text with frequency.count_tokens"
            )
        unigram = None
        if counts is not None:
            unigram = Unigram.from_counts(counts, d_vocab, model.W_U.device)
        return cls(
            model,
            tokens,
            reference,
            place,
            chosen_neurons(neurons, len(w_out)),
            counts,
            unigram if frequency else None,
        )

    @cached_property
    def is_residual_update(self) -> bool:
        """Whether an ablation only adds a multiple of w_out to the last residual stream.

        Not so before the last layer, where a norm follows the MLP, or where
        logits are soft-capped; otherwise tried on the first few tokens.

        Raises
        ------
        NotImplementedError
            If the logits are not those of the unembedding.
        """
        if (
            self.layer < self.model.cfg.n_layers - 1
            or normalises_mlp_output(self.model)
            or soft_cap(self.model) > 0
        ):
            return False
        check_logits(self.model, self.tokens)
        return adds_w_out(self.model, self.tokens)

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the closed form: double where it costs next to nothing.

        In single precision an effect is good to some 1e-7 nats, which may be
        all of it in a small model.
        """
        batch, length = self.tokens.shape
        logits = batch * (length - 2) * len(self.neurons) * self.model.cfg.d_vocab
        has_double = self.model.W_U.device.type != "mps"
        return torch.float64 if has_double and logits <= DOUBLE_BELOW else torch.float32

    def plan(self, memory_budget: float) -> Plan:
        """How the closed form walks through tokens and neurons within a budget in bytes.

        Raises
        ------
        ValueError
            If the budget is too small.
        """
        device, size = str(self.model.cfg.device), self.dtype.itemsize
        return Plan.within(
            memory_budget, self.model.cfg.d_vocab, len(self.neurons), device, number_size=size
        )

    def activations(self, tokens: Int[Tensor, "batch position"]) -> Float[Tensor, "token neuron"]:
        """Activations of the chosen neurons at the measured positions of some rows."""
        state = run_final(self.model, tokens, layer=self.layer)
        return measured(state.activations)[..., self.neurons].flatten(0, 1).float()

    def ablations(self) -> tuple[Readout, Ablations, Float[Tensor, " neuron"]]:
        """What the closed form needs, and the means that activations are replaced by.

        Raises
        ------
        NotImplementedError
            Where an ablation is not an update of the last residual stream.
        """
        if not self.is_residual_update:
            raise NotImplementedError(
                f"{self.model.cfg.model_name} normalises or scales the MLP's output, or soft-caps "
                "its logits (or this is not its last layer): there an ablation does not change "
                "the logits by a multiple of w_out; use scan, which runs the network again"
            )
        dtype = self.dtype
        state = run_final(self.model, self.tokens)
        activations = measured(state.activations)[..., self.neurons].flatten(0, 1).to(dtype)
        source = activations if self.reference is None else self.activations(self.reference)
        means = source.mean(dim=0, dtype=torch.float64).to(dtype)
        readout = Readout.from_model(self.model).to(dtype)
        residual = measured(state.residual).flatten(0, 1).to(dtype)
        w_out = neuron_weights(self.model)[self.neurons].to(dtype)
        target = self.tokens[:, 2:].flatten().to(residual.device)
        delta = means - activations
        return readout, Ablations.build(readout, residual, target, w_out, delta), means
