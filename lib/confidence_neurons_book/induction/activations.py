"""Activations of last-layer neurons: their means, and how they change where one can copy."""

import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.induction.copies import check_mask, copy_masks
from confidence_neurons.induction.natural import position_mask
from confidence_neurons.measure.bootstrap import bootstrap_interval
from confidence_neurons.model.state import run_final


def mean_activations(
    activations: Float[Tensor, "batch position d_mlp"], mask: Bool[Tensor, "batch position"]
) -> Float[Tensor, " d_mlp"]:
    """Mean of each neuron's activation over the positions where `mask` is true.

    Raises
    ------
    ValueError
        If the mask has another shape or chooses no position.
    """
    check_mask(mask, activations.shape[:2])
    return activations[mask.to(activations.device)].mean(dim=0)


def activation_change(
    activations: Float[Tensor, "batch position d_mlp"],
    task: Bool[Tensor, "batch position"],
    baseline: Bool[Tensor, "batch position"],
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Mean activation at the task's positions minus that at the baseline's.

    Returns
    -------
    One row per neuron: `neuron`; `baseline` and `task`, means; `change`, with
    its 95 % interval `low` to `high`, bootstrapped over sequences.

    Raises
    ------
    ValueError
        If a mask has another shape or chooses nothing, or there are fewer
        than 2 sequences.
    """
    sums_and_counts = []
    for mask in (task, baseline):
        check_mask(mask, activations.shape[:2])
        weight = mask.to(activations).double()
        sums = torch.einsum("bp,bpn->bn", weight, activations.double())
        sums_and_counts += [sums, weight.sum(dim=1, keepdim=True).expand_as(sums)]
    task_mean, baseline_mean = (
        total.sum(dim=0) / count.sum(dim=0)
        for total, count in (sums_and_counts[:2], sums_and_counts[2:])
    )
    change = bootstrap_interval(*sums_and_counts, statistic=_difference_of_means, seed=seed)
    return pd.DataFrame(
        {
            "neuron": range(activations.shape[-1]),
            "baseline": baseline_mean.tolist(),
            "task": task_mean.tolist(),
            "change": change.estimate.tolist(),
            "low": change.low.tolist(),
            "high": change.high.tolist(),
        }
    )


def synthetic_and_natural_change(
    model: TransformerBridge,
    repeated: Int[Tensor, "batch position"],
    period: int,
    text: Int[Tensor, "row position"],
    matches: pd.DataFrame,
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Change of every neuron's activation on synthetic and on natural induction.

    Synthetic: second copy minus first, in `repeated` (BOS and two copies of
    `period` tokens). Natural: repeats minus matched positions without repeat,
    in `text`.

    Parameters
    ----------
    matches:
        From `matched_positions` of `text`.

    Returns
    -------
    The columns of `activation_change`, and before them `induction`,
    "synthetic" or "natural": two rows per neuron.

    Raises
    ------
    ValueError
        If the sequences are not BOS and two copies, `matches` is empty or
        lies outside the text, or there are fewer than 2 rows of either.
    """
    first, second = copy_masks(repeated, period)
    repeats = position_mask(text, matches["row"].tolist(), matches["position"].tolist())
    others = position_mask(
        text, matches["matched_row"].tolist(), matches["matched_position"].tolist()
    )
    check_mask(repeats, text.shape)
    frames = []
    for induction, tokens, task, baseline in (
        ("synthetic", repeated, second, first),
        ("natural", text, repeats, others),
    ):
        activations = run_final(model, tokens).activations
        frame = activation_change(activations, task, baseline, seed=seed)
        frame.insert(0, "induction", induction)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _difference_of_means(
    task: Float[Tensor, "*any"],
    task_count: Float[Tensor, "*any"],
    baseline: Float[Tensor, "*any"],
    baseline_count: Float[Tensor, "*any"],
) -> Float[Tensor, "*any"]:
    return task / task_count - baseline / baseline_count
