"""Activations of last-layer neurons as frames: along a sequence, and how they change on a task."""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor

import confidence_neurons as cn


def activation_table(state: cn.State, neurons: Sequence[int]) -> pd.DataFrame:
    """Activations at the counted positions.

    Returns
    -------
    pd.DataFrame
        `sequence`, `position`, and a column for each neuron, called by its
        number, as text.
    """
    values = state.activations[state.counted][:, list(neurons)].cpu().numpy()
    table = pd.DataFrame(values, columns=[str(neuron) for neuron in neurons])
    return pd.concat([state.places(), table], axis=1)


def course(state: cn.State, neurons: Sequence[int], positions: Sequence[int]) -> pd.DataFrame:
    """Mean activation of chosen neurons at chosen positions.

    Returns
    -------
    pd.DataFrame
        As from `intervals`, one row per `position` and `neuron`.
    """
    table = activation_table(state.at(only(state, positions)), neurons)
    found = cn.intervals(table, "position").rename(columns={"quantity": "neuron"})
    return found.astype({"neuron": int})


def only(state: cn.State, positions: Sequence[int]) -> Bool[Tensor, "batch position"]:
    """True at chosen positions of every row, for `State.at`."""
    chosen = torch.zeros_like(state.counted)
    chosen[:, list(positions)] = True
    return chosen


def activation_change(task: cn.State, baseline: cn.State) -> pd.DataFrame:
    """Mean activation at the positions of a task minus that at the positions of a baseline.

    Parameters
    ----------
    task, baseline : State
        Of one text, at different positions.

    Returns
    -------
    pd.DataFrame
        As from `intervals`, one row per `neuron`.
    """
    columns: dict[str, Tensor] = {}
    for name, state in (("task", task), ("baseline", baseline)):
        counted = state.counted.unsqueeze(-1)
        total = (state.activations * counted).sum(dim=1, dtype=torch.float64)
        columns |= {name: total, f"{name}_tokens": counted.sum(dim=1).expand_as(total)}
    rows, neurons = columns["task"].shape
    frame = pd.DataFrame(
        {
            "sequence": torch.arange(rows).repeat_interleave(neurons).numpy(),
            "neuron": torch.arange(neurons).repeat(rows).numpy(),
            **{name: values.flatten().cpu().numpy() for name, values in columns.items()},
        }
    )
    change = cn.intervals(frame, "neuron", list(columns), statistic=_difference_of_means)
    return change.drop(columns="tokens")  # the rows here are sequences


def _difference_of_means(
    task: Float[Tensor, "*any"],
    task_tokens: Float[Tensor, "*any"],
    baseline: Float[Tensor, "*any"],
    baseline_tokens: Float[Tensor, "*any"],
) -> Float[Tensor, "*any"]:
    return task / task_tokens - baseline / baseline_tokens
