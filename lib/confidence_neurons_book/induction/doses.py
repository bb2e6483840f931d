"""What hedging would cost where a repeat holds, and what it would save where it breaks."""

from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.induction.copies import copy_masks
from confidence_neurons.measure.ablation import ablate_neurons
from confidence_neurons.measure.bootstrap import bootstrap_interval
from confidence_neurons.model.state import FinalState, run_final
from confidence_neurons_book.induction.activations import mean_activations
from confidence_neurons_book.induction.readings import Readings, read_output

BREAK, AFTER, HOLDS = "at the break", "just after the break", "where the repeat holds"


def hedging_doses(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    broken: Int[Tensor, "batch position"],
    position: Int[Tensor, " batch"],
    sets: Mapping[str, Sequence[int]],
    doses: Sequence[float],
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Loss at breaks and elsewhere when last-layer neurons are held up in the second copy.

    A dose f holds each neuron of a set at f times its mean over the first
    copy, where it is not higher by itself: max(activation, f mean).

    Parameters
    ----------
    tokens, broken, position:
        Unbroken repeats, and the same from `break_repeats`.
    sets:
        Name -> neurons.

    Returns
    -------
    One row per set, dose and place: `set`; `dose`; `place`, "at the break"
    (where the new token is predicted), "just after the break" (where the
    token after it is), or "where the repeat holds" (all predictions of the
    second copy but that of the new token, in the unbroken sequences); `loss`
    in nats, with its 95 % interval `low` to `high`, bootstrapped over sequences;
    `confidence`, mean probability of the first choice.

    Raises
    ------
    ValueError
        If there is no set or dose, a set is empty, out of range or names a
        neuron twice, the sequences are not BOS and two copies, or a break
        does not lie within the second copy.
    """
    if not sets or not len(doses):
        raise ValueError(f"expected at least one set and one dose, got {len(sets)}, {len(doses)}")
    period = (tokens.shape[1] - 1) // 2
    first, second = copy_masks(tokens, period)
    if int(position.min()) < period + 2 or int(position.max()) >= tokens.shape[1] - 1:
        raise ValueError(
            f"expected breaks at positions {period + 2} to {tokens.shape[1] - 2}, got "
            f"{int(position.min())} to {int(position.max())}"
        )
    rows = torch.arange(len(tokens))
    second[rows, position - 1] = False
    whole, cut = run_final(model, tokens), run_final(model, broken)
    level = mean_activations(whole.activations, first)
    never_down = torch.zeros(len(level), dtype=torch.bool)
    frames = []
    for name, neurons in sets.items():
        for dose in doses:
            held = ablate_neurons(model, whole, neurons, dose * level, never_down)
            at_rest = held.residual[second].unflatten(0, (len(tokens), -1))
            targets = tokens.roll(-1, dims=1)[second].unflatten(0, (len(tokens), -1))
            fooled = ablate_neurons(model, cut, neurons, dose * level, never_down)
            for place, read in (
                (BREAK, _read(model, fooled, broken, position - 1)),
                (AFTER, _read(model, fooled, broken, position)),
                (HOLDS, read_output(model, at_rest, targets)),
            ):
                frames.append({"set": name, "dose": dose, "place": place, **_summary(read, seed)})
    return pd.DataFrame(frames)


def break_even(held_loss: float, held_base: float, break_loss: float, break_base: float) -> float:
    """Share of broken predictions at which hedging costs as much as it saves.

    Hedging raises the loss where the repeat holds from `held_base` to
    `held_loss`, and lowers it at breaks from `break_base` to `break_loss`.
    With a share q of breaks it pays when q saved > (1 - q) cost:

        q = cost / (cost + saved).
    """
    cost, saved = held_loss - held_base, break_base - break_loss
    return cost / (cost + saved)


def _read(
    model: TransformerBridge,
    state: FinalState,
    tokens: Int[Tensor, "batch position"],
    position: Int[Tensor, " batch"],
) -> Readings:
    """The output at one position of each sequence."""
    rows = torch.arange(len(tokens))
    return read_output(
        model, state.residual[rows, position, None], tokens[rows, position + 1, None]
    )


def _summary(read: Readings, seed: int) -> dict[str, float]:
    loss = bootstrap_interval(read.loss.mean(dim=1), seed=seed)
    return {
        "loss": float(loss.estimate),
        "low": float(loss.low),
        "high": float(loss.high),
        "confidence": float(read.confidence.mean()),
    }
