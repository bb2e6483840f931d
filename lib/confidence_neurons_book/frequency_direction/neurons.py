"""Which neurons are called token frequency neurons, and what sets of them do on average."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.measure.bootstrap import Interval, bootstrap_interval, mediated_share

COSINE = 0.75
FREQUENCY_NEURONS = "frequency neurons"


def frequency_neurons(effects: pd.DataFrame) -> list[int]:
    """The neurons that write along the frequency direction, the strongest effect first.

    A cosine of more than 0.75, of either sign, between the direct effect on
    the logits and the frequency direction; and an effect on entropy above the
    median neuron's, so that neurons that never fire stay out.

    Parameters
    ----------
    effects:
        A frame of `ablation.scan` over all neurons of the layer.

    Raises
    ------
    KeyError
        If a column is missing.
    """
    awake = effects["entropy_total"] > effects["entropy_total"].median()
    along = effects["frequency_cosine"].abs() > COSINE
    strongest_first = effects["entropy_total"].argsort()[::-1]
    neurons = effects["neuron"].to_numpy()
    met = (awake & along).to_numpy()
    return [int(neurons[row]) for row in strongest_first if met[row]]


def effect_sizes(changes: pd.DataFrame, quantities: Sequence[str], by: str = "set") -> pd.DataFrame:
    """Mean absolute effects, with 95 % bootstrap intervals over sequences.

    Parameters
    ----------
    changes:
        A frame of `frequency_effects` (or, with by="part", of `part_effects`).
    quantities:
        Some of entropy, loss, kl, kl_reverse.

    Returns
    -------
    One row per set, quantity and effect: `set` (or `part`), `quantity`,
    `effect` ("total", "scale frozen", "projection restored"), `estimate`,
    `low`, `high` in nats.

    Raises
    ------
    ValueError
        If there are fewer than two sequences.
    """
    kinds = {
        "total": "total",
        "direct": "scale frozen",
        "direct_frequency": "projection restored",
    }
    rows = []
    for name, part in changes.groupby(by, sort=False):
        for quantity in quantities:
            for kind, effect in kinds.items():
                means = _by_sequence(part, np.abs(_column(part, f"{quantity}_{kind}")))
                row = {by: name, "quantity": quantity, "effect": effect}
                rows.append(row | _bounds(bootstrap_interval(means)))
    return pd.DataFrame(rows)


def mediated_shares(
    changes: pd.DataFrame, quantities: Sequence[str], by: str = "set"
) -> pd.DataFrame:
    """Shares of the mean absolute effect that go through the scale and through u.

    1 - (effect with the scale frozen) / total, and 1 - (effect with the
    projection restored) / total: ratios of means, with 95 % bootstrap
    intervals over sequences. The two need not add up to anything: a change of
    the scale also moves the projection, and parts of an effect may cancel.

    Returns
    -------
    One row per set, quantity and path: `set` (or `part`), `quantity`, `path`
    ("scale", "frequency direction"), `estimate`, `low`, `high`.

    Raises
    ------
    ValueError
        If there are fewer than two sequences.
    """
    paths = {"direct": "scale", "direct_frequency": "frequency direction"}
    rows = []
    for name, part in changes.groupby(by, sort=False):
        for quantity in quantities:
            total = _by_sequence(part, np.abs(_column(part, f"{quantity}_total")))
            for kind, path in paths.items():
                kept = _by_sequence(part, np.abs(_column(part, f"{quantity}_{kind}")))
                interval = bootstrap_interval(kept, total, statistic=mediated_share)
                rows.append({by: name, "quantity": quantity, "path": path} | _bounds(interval))
    return pd.DataFrame(rows)


def mean_changes(
    changes: pd.DataFrame,
    quantities: Sequence[str],
    within: pd.Series,
    by: str = "set",
) -> pd.DataFrame:
    """Mean changes with their sign, within groups of tokens, with intervals over sequences.

    Parameters
    ----------
    changes:
        Total effects of `frequency_effects`, `*_total`.
    within:
        A label for each measured token, in the order of `token_levels`: a
        situation, or whether the target is rare. Missing labels leave a token
        out.

    Returns
    -------
    One row per set, label and quantity: `set`, `label`, `quantity`,
    `estimate`, `low`, `high` in nats, and `tokens`, how many there are.

    Raises
    ------
    ValueError
        If there is not one label for each token, or fewer than two sequences.
    """
    rows = []
    for name, part in changes.groupby(by, sort=False):
        if len(part) != len(within):
            raise ValueError(
                f"expected a label for each of {len(part)} measured tokens, got {len(within)}"
            )
        labels = within.to_numpy()
        for label in within.dropna().unique():
            inside = labels == label
            share = _by_sequence(part, inside.astype(float))
            for quantity in quantities:
                values = np.where(inside, _column(part, f"{quantity}_total"), 0.0)
                sums = _by_sequence(part, values)
                interval = bootstrap_interval(sums, share, statistic=torch.div)
                row = {by: name, "label": label, "quantity": quantity}
                rows.append(row | _bounds(interval) | {"tokens": int(inside.sum())})
    return pd.DataFrame(rows)


def interactions(
    changes: pd.DataFrame, pairs: Sequence[tuple[str, str, str]], quantities: Sequence[str]
) -> pd.DataFrame:
    """Joint ablation against the sum of single ones.

    Parameters
    ----------
    changes:
        A frame of `frequency_effects` that holds all sets named in `pairs`.
    pairs:
        Names of a set, of another set, and of both together.

    Returns
    -------
    Three rows per pair and quantity: `pair` (name of the joint set),
    `quantity`, `effect` ("sum", "joint", "interaction", which is joint minus
    sum), and the mean signed change over tokens: `estimate`, `low`, `high`,
    in nats, 95 % bootstrap over sequences.

    Raises
    ------
    KeyError
        If a set is not in the frame.
    ValueError
        If there are fewer than two sequences.
    """
    sets = {name: part for name, part in changes.groupby("set")}
    rows = []
    for one, other, both in pairs:
        for quantity in quantities:
            column = f"{quantity}_total"
            means = [
                _by_sequence(sets[name], _column(sets[name], column)) for name in (one, other, both)
            ]
            total, joint = means[0] + means[1], means[2]
            found = {"sum": total, "joint": joint, "interaction": joint - total}
            for effect, values in found.items():
                row = {"pair": both, "quantity": quantity, "effect": effect}
                rows.append(row | _bounds(bootstrap_interval(values)))
    return pd.DataFrame(rows)


def _column(part: pd.DataFrame, name: str) -> np.ndarray:
    return part[name].to_numpy(dtype=float)


def _by_sequence(part: pd.DataFrame, values: np.ndarray) -> Float[Tensor, " sequence"]:
    """Mean of the values, one for each row of `part`, over the tokens of each sequence."""
    _, place = np.unique(part["sequence"].to_numpy(), return_inverse=True)
    return torch.from_numpy(np.bincount(place, weights=values) / np.bincount(place))


def _bounds(interval: Interval) -> dict[str, float]:
    return {name: float(value) for name, value in interval._asdict().items()}
