"""Clip-ablate whole sets of neurons, and how far that moves the output from the unigram.

Beside what `effects.neuron_effects` measures, for sets too large to ablate
one by one, stands the distance to the unigram distribution P_freq,

    KL(P_freq || P_model) = sum_v P_freq(v) (log P_freq(v) - log P_model(v)),

which neurons along the frequency direction move.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.induction.copies import check_mask
from confidence_neurons.measure.ablation import ablate_neurons
from confidence_neurons.model.state import FinalState, logits_from_residual, run_final
from confidence_neurons.weights.unigram import check_vocabulary, unigram_distribution
from confidence_neurons_book.induction.activations import mean_activations
from confidence_neurons_book.induction.comparison import Measured, compare, measure_task

PLACES_AT_ONCE = 512
KL = "KL(P_freq || P_model)"


def joint_effects(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    sets: Mapping[str, Sequence[int]],
    task: Bool[Tensor, "batch position"],
    reference: Bool[Tensor, "batch position"],
    counts: Int[Tensor, " d_vocab"],
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Clip mean-ablate the last-layer neurons of each set together.

    Parameters
    ----------
    sets:
        Name -> neurons.
    task, reference:
        As for `neuron_effects`.
    counts:
        Token counts that give the unigram distribution.

    Returns
    -------
    `set`, `size` of the set, and the columns of `compare`; one more quantity
    is "KL(P_freq || P_model)", in nats.

    Raises
    ------
    ValueError
        If there is no set, a set is empty, out of range or names a neuron
        twice; if a mask does not fit; if the counts belong to another
        vocabulary; if there are fewer than 2 sequences.
    NotImplementedError
        If a norm follows the MLP or the logits are soft-capped.
    """
    if not sets:
        raise ValueError("expected at least one set, as name -> neurons, got none")
    check_vocabulary(counts, model.cfg.d_vocab)
    check_mask(reference, tokens.shape)
    check_mask(task, tokens.shape)
    state = run_final(model, tokens)
    level = mean_activations(state.activations, reference)
    rises = mean_activations(state.activations, task) > level
    clean = _measure(model, tokens, state, task, counts)
    frames = []
    for name, neurons in sets.items():
        after = ablate_neurons(model, state, neurons, level, rises)
        frame = compare(clean, _measure(model, tokens, after, task, counts), task, seed=seed)
        frame.insert(0, "set", name)
        frame.insert(1, "size", len(neurons))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


@torch.no_grad()
def distance_to_unigram(
    model: TransformerBridge,
    residual: Float[Tensor, "place d_model"],
    counts: Int[Tensor, " d_vocab"],
) -> Float[Tensor, " place"]:
    """KL(P_freq || P_model) in nats, from the residual stream before the final norm.

    Raises
    ------
    ValueError
        If the counts belong to another vocabulary.
    """
    check_vocabulary(counts, model.cfg.d_vocab)
    unigram = unigram_distribution(counts).to(residual.device)
    negative_entropy = (unigram * unigram.log()).sum()
    cross = [
        logits_from_residual(model, piece).float().log_softmax(dim=-1) @ unigram
        for piece in residual.split(PLACES_AT_ONCE)
    ]
    return negative_entropy - torch.cat(cross)


def _measure(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    state: FinalState,
    task: Bool[Tensor, "batch position"],
    counts: Int[Tensor, " d_vocab"],
) -> Measured:
    places = task.to(state.residual.device)
    kl = distance_to_unigram(model, state.residual[places], counts)
    return {**measure_task(model, tokens, state, task), (KL, None): kl}
