"""What ablating neurons, alone or in sets, does to the frequency side of each prediction.

`ablation.scan` gives one row per neuron; here are the tokens behind it, for
chosen neurons, for sets that are ablated together, and for parts of what a
neuron writes. Three counterfactuals stand side by side: the ablation as it is
(total), with the final norm's scale frozen (direct), and with the clean
logits' projection on the frequency direction put back (direct_frequency). Any
other direction of the logits can be put back instead, as a control.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.measure.ablation import ablate_neurons
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import FinalState, run_final
from confidence_neurons.text.rows import measured
from confidence_neurons.weights.neurons import chosen_neurons, neuron_weights
from confidence_neurons.weights.unigram import Unigram
from confidence_neurons_book.frequency_direction.levels import (
    QUANTITIES,
    logit_projection,
    residual_levels,
    token_places,
)


@torch.no_grad()
def frequency_effects(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    sets: Mapping[str, Sequence[int]],
    counts: Int[Tensor, " d_vocab"],
    *,
    reference: Int[Tensor, "batch position"] | None = None,
    direction: Float[Tensor, " d_vocab"] | None = None,
) -> pd.DataFrame:
    """Changes at each measured token when the last-layer neurons of each set are mean-ablated.

    Definitions as in `ablation.scan`: for a set of one neuron the means of the
    absolute values are its columns.

    Parameters
    ----------
    sets:
        Name -> neurons, ablated together; name a single neuron as you like.
    reference:
        Rows whose measured positions give the mean activations; by default
        `tokens`. Take a text on which the neurons rest to switch them off.
    direction:
        Unit vector of logits whose clean projection is put back in
        `*_direct_frequency`; by default the frequency direction u.

    Returns
    -------
    One row per set and measured token: `set`, `sequence`, `position`, and for
    each of `entropy`, `loss`, `kl` (KL(P_freq || P_model)), `kl_reverse`
    (KL(P_model || P_freq)) and `projection` (on u) the columns `*_total`,
    `*_direct` and `*_direct_frequency`: ablated minus clean, in nats (the
    projection in logits).

    Raises
    ------
    TypeError, ValueError
        If tokens or counts are not of the usual form, a set is empty, out of
        range or names a neuron twice, there is no set, or the direction
        belongs to another vocabulary.
    NotImplementedError
        Where an ablation is not an update of the last residual stream, or the
        logits are soft-capped.
    """
    if not sets:
        raise ValueError("expected at least one set, as name -> neurons, got none")
    clean = _Clean.build(model, tokens, counts, reference, direction)
    frames = []
    for name, neurons in sets.items():
        ablated = ablate_neurons(model, clean.state, neurons, clean.mean)
        changes = clean.changes(measured(ablated.residual).flatten(0, 1))
        frames.append(pd.concat([clean.places.assign(set=name), changes], axis=1))
    frame = pd.concat(frames, ignore_index=True)
    return frame.reindex(columns=["set", *(column for column in frame if column != "set")])


@torch.no_grad()
def part_effects(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    neuron: int,
    parts: Mapping[str, Float[Tensor, " d_model"]],
    counts: Int[Tensor, " d_vocab"],
    *,
    reference: Int[Tensor, "batch position"] | None = None,
) -> pd.DataFrame:
    """Changes when only a part of what one neuron writes is mean-ablated.

    A neuron adds activation * w_out to the residual stream. Write w_out as a
    sum of parts, and ablate each by itself: (mean - activation) * part is
    added to the stream.

    Parameters
    ----------
    parts:
        Name -> part of the neuron's w_out, such as `split_output` gives.

    Returns
    -------
    As `frequency_effects`, with `part` in place of `set`.

    Raises
    ------
    TypeError, ValueError
        As `frequency_effects`; also if a part is no vector of the stream.
    """
    chosen_neurons([neuron], len(neuron_weights(model)))
    clean = _Clean.build(model, tokens, counts, reference, None)
    delta = clean.mean[neuron] - measured(clean.state.activations)[..., neuron].flatten()
    frames = []
    for name, part in parts.items():
        if part.shape != clean.residual.shape[1:]:
            raise ValueError(
                f"expected the part {name!r} as a vector of {clean.residual.shape[1]} numbers, "
                f"got shape {tuple(part.shape)}"
            )
        changes = clean.changes(clean.residual + torch.outer(delta, part))
        frames.append(pd.concat([clean.places.assign(part=name), changes], axis=1))
    frame = pd.concat(frames, ignore_index=True)
    return frame.reindex(columns=["part", *(column for column in frame if column != "part")])


@dataclass(frozen=True)
class _Clean:
    """The model left alone, and what is needed to compare an ablation with it."""

    model: TransformerBridge
    state: FinalState
    mean: Float[Tensor, " d_mlp"]
    target: Int[Tensor, " token"]
    unigram: Unigram
    put_back: Float[Tensor, " d_vocab"]
    places: pd.DataFrame

    @classmethod
    def build(
        cls,
        model: TransformerBridge,
        tokens: Int[Tensor, "batch position"],
        counts: Int[Tensor, " d_vocab"],
        reference: Int[Tensor, "batch position"] | None,
        direction: Float[Tensor, " d_vocab"] | None,
    ) -> "_Clean":
        unigram = Unigram.from_counts(counts, model.cfg.d_vocab, model.W_U.device)
        put_back = unigram.direction if direction is None else direction.to(unigram.direction)
        if put_back.shape != unigram.direction.shape:
            raise ValueError(
                f"expected a direction over {model.cfg.d_vocab} tokens, "
                f"got shape {tuple(put_back.shape)}"
            )
        state = run_final(model, tokens)
        source = state if reference is None else run_final(model, reference)
        mean = measured(source.activations).flatten(0, 1).mean(dim=0)
        target = tokens[:, 2:].flatten().to(mean.device)
        return cls(model, state, mean, target, unigram, put_back, token_places(tokens))

    @property
    def residual(self) -> Float[Tensor, "token d_model"]:
        return measured(self.state.residual).flatten(0, 1)

    def changes(self, after: Float[Tensor, "token d_model"]) -> pd.DataFrame:
        """Levels after minus levels before, under the three counterfactuals."""
        model, before = self.model, self.residual
        scale = FinalNorm.from_model(model).scale(before)
        lost = logit_projection(model, before, self.put_back)
        lost -= logit_projection(model, after, self.put_back)
        added = (lost, self.put_back)
        clean = residual_levels(model, before, self.target, self.unigram)
        found = {
            "total": residual_levels(model, after, self.target, self.unigram),
            "direct": residual_levels(model, after, self.target, self.unigram, scale=scale),
            "direct_frequency": residual_levels(
                model, after, self.target, self.unigram, added=added
            ),
        }
        return pd.DataFrame(
            {
                f"{name}_{kind}": (getattr(levels, name) - getattr(clean, name)).cpu().numpy()
                for name in QUANTITIES
                for kind, levels in found.items()
            }
        )
