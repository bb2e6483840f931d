"""Every last-layer neuron at once: its course along a repeat, and what clipping it does."""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Bool, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.engine.memory import DEFAULT_BUDGET, Plan
from confidence_neurons.engine.pieces import exact_pieces
from confidence_neurons.engine.readout import Ablations, Readout
from confidence_neurons.induction.copies import check_mask
from confidence_neurons.measure.ablation import ablate_neurons
from confidence_neurons.measure.bootstrap import bootstrap_interval
from confidence_neurons.model.state import run_final
from confidence_neurons.weights.neurons import neuron_weights
from confidence_neurons_book.induction.activations import mean_activations
from confidence_neurons_book.induction.comparison import check_task


def every_course(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    positions: Sequence[int],
    *,
    resamples: int = 300,
    seed: int = 0,
) -> pd.DataFrame:
    """Mean activation of every last-layer neuron at chosen positions.

    Returns
    -------
    One row per neuron and position: `neuron`, `position`, `mean`, and its
    95 % interval `low` to `high`, bootstrapped over sequences.

    Raises
    ------
    ValueError
        If there is no position or one lies outside the sequence, or there are
        fewer than 2 sequences.
    """
    length = tokens.shape[1]
    if not len(positions) or min(positions) < 0 or max(positions) >= length:
        raise ValueError(f"expected positions from 0 to {length - 1}, got {list(positions)}")
    activations = run_final(model, tokens).activations[:, list(positions)]
    mean, low, high = bootstrap_interval(activations, resamples=resamples, seed=seed)
    neurons = mean.shape[1]
    return pd.DataFrame(
        {
            "neuron": torch.arange(neurons).repeat_interleave(len(positions)).numpy(),
            "position": list(positions) * neurons,
            "mean": mean.T.flatten().numpy(),
            "low": low.T.flatten().numpy(),
            "high": high.T.flatten().numpy(),
        }
    )


@torch.no_grad()
def every_clip_effect(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    task: Bool[Tensor, "batch position"],
    reference: Bool[Tensor, "batch position"],
    *,
    memory_budget: float = DEFAULT_BUDGET,
    seed: int = 0,
) -> pd.DataFrame:
    """Clip mean-ablate every last-layer neuron, one by one, by the exact closed form.

    Parameters
    ----------
    task, reference:
        As for `neuron_effects`, which gives the same numbers for a few
        neurons, and slower.

    Returns
    -------
    One row per neuron: `neuron`; `reference` and `task`, its mean activation
    there; `entropy`, mean change of entropy in nats, ablated minus clean,
    with its 95 % interval `low` to `high`, bootstrapped over sequences;
    `entropy_direct`, the same with the final scale frozen; `loss`.

    Raises
    ------
    ValueError
        If a mask does not fit or chooses nothing, `task` chooses a last
        position or not the same number in every sequence, or there are fewer
        than 2 sequences.
    NotImplementedError
        If a norm follows the MLP or the logits are soft-capped.
    """
    check_task(task, tokens)
    check_mask(reference, tokens.shape)
    per_row = task.sum(dim=1)
    if (per_row != per_row[0]).any():
        raise ValueError(
            f"expected a task of equally many positions in each sequence, got {per_row.tolist()}"
        )
    state = run_final(model, tokens)
    level = mean_activations(state.activations, reference)
    mean = mean_activations(state.activations, task)
    every = range(len(level))
    clipped = ablate_neurons(model, state, every, level, mean > level).activations
    delta = (clipped - state.activations)[task]
    readout = Readout.from_model(model)
    ablations = Ablations.build(
        readout,
        state.residual[task].float(),
        tokens.roll(-1, dims=1)[task].to(delta.device),
        neuron_weights(model),
        delta,
    )
    plan = Plan.within(memory_budget, model.cfg.d_vocab, len(level), str(model.cfg.device))
    changes = {
        name: torch.zeros(delta.shape) for name in ("entropy_total", "entropy_direct", "loss_total")
    }
    for piece in exact_pieces(readout, ablations, plan):
        for name, values in changes.items():
            values[piece.tokens, piece.neurons] = piece.changes[name].cpu()
    by_row = changes["entropy_total"].unflatten(0, (len(tokens), -1)).mean(dim=1)
    entropy = bootstrap_interval(by_row, seed=seed)
    return pd.DataFrame(
        {
            "neuron": list(every),
            "reference": level.tolist(),
            "task": mean.tolist(),
            "entropy": entropy.estimate.tolist(),
            "low": entropy.low.tolist(),
            "high": entropy.high.tolist(),
            "entropy_direct": changes["entropy_direct"].mean(dim=0).tolist(),
            "loss": changes["loss_total"].mean(dim=0).tolist(),
        }
    )
