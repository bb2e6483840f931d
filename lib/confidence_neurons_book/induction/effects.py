"""What ablating neurons or heads does to entropy, loss, scale and confidence on a task.

Every function takes named sets: give a control set of the same size beside
the chosen one (`sets`).
"""

from collections.abc import Mapping, Sequence

import pandas as pd
from jaxtyping import Bool, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.groups.controls import Head, check_heads
from confidence_neurons.induction.attention import attend_to_bos
from confidence_neurons.induction.copies import check_mask
from confidence_neurons.measure.ablation import ablate_neurons
from confidence_neurons.model.state import run_final
from confidence_neurons.weights.neurons import chosen_neurons, neuron_weights
from confidence_neurons_book.induction.activations import mean_activations
from confidence_neurons_book.induction.comparison import check_task, compare, measure_task


def neuron_effects(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    sets: Mapping[str, Sequence[int]],
    task: Bool[Tensor, "batch position"],
    reference: Bool[Tensor, "batch position"],
    *,
    clip: bool = True,
    seed: int = 0,
) -> pd.DataFrame:
    """Ablate the last-layer neurons of each set, one by one and all together.

    Parameters
    ----------
    sets:
        Name -> neurons.
    task:
        Where to measure, such as the second copy of `copy_masks`.
    reference:
        Positions whose mean activation is the level to ablate to, such as the
        first copy. A neuron rises when its mean at the task lies above it.
    clip:
        Clip mean-ablation (see `ablate_neurons`); False for mean ablation.
    seed:
        Decides the resampling of sequences.

    Returns
    -------
    `set` and the columns of `compare`; here `neuron` is the one that was
    ablated, missing where the whole set was.

    Raises
    ------
    ValueError
        If there is no set, a set is empty, out of range or names a neuron
        twice; if a mask does not fit or chooses nothing, or `task` chooses a
        last position; if there are fewer than 2 sequences.
    NotImplementedError
        If a norm follows the MLP or the logits are soft-capped.
    """
    _check_sets(sets)
    d_mlp = len(neuron_weights(model))
    chosen = {name: chosen_neurons(neurons, d_mlp) for name, neurons in sets.items()}
    check_task(task, tokens)
    check_mask(reference, tokens.shape)
    state = run_final(model, tokens)
    level = mean_activations(state.activations, reference)
    rises = mean_activations(state.activations, task) > level if clip else None
    clean = measure_task(model, tokens, state, task)
    frames = []
    for name, neurons in chosen.items():
        for alone in [*neurons, None]:
            ablated = neurons if alone is None else [alone]
            after = ablate_neurons(model, state, ablated, level, rises)
            frame = compare(clean, measure_task(model, tokens, after, task), task, seed=seed)
            frame.insert(0, "set", name)
            frame["neuron"] = pd.array([alone] * len(frame), dtype="Int64")
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def head_effects(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    sets: Mapping[str, Sequence[Head]],
    task: Bool[Tensor, "batch position"],
    neurons: Sequence[int] = (),
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """BOS-ablate each set of heads: what becomes of the output and of last-layer neurons.

    Parameters
    ----------
    sets:
        Name -> heads (layer, head), those of a set ablated together.
    task:
        Where to measure, such as the second copy of `copy_masks`.
    neurons:
        Last-layer neurons whose activation is measured too.
    seed:
        Decides the resampling of sequences.

    Returns
    -------
    `set` and the columns of `compare`.

    Raises
    ------
    ValueError
        If there is no set, a set is empty, out of range or names a head
        twice; if a neuron is out of range or named twice; if `task` does not
        fit or chooses nothing or a last position; if there are fewer than 2
        sequences.
    NotImplementedError
        If the logits are soft-capped.
    """
    _check_sets(sets)
    for heads in sets.values():
        check_heads(heads, model.cfg.n_layers, model.cfg.n_heads)
    chosen = chosen_neurons(neurons, len(neuron_weights(model))) if len(neurons) else []
    check_task(task, tokens)
    clean = measure_task(model, tokens, run_final(model, tokens), task, chosen)
    frames = []
    for name, heads in sets.items():
        state = attend_to_bos(model, tokens, heads)
        after = measure_task(model, tokens, state, task, chosen)
        frame = compare(clean, after, task, seed=seed)
        frame.insert(0, "set", name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _check_sets(sets: Mapping[str, Sequence]) -> None:
    if not sets:
        raise ValueError("expected at least one set, as name -> members, got none")
