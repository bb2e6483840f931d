"""A model on a text: neurons are chosen on every second row and reported on the others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from jaxtyping import Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model
from confidence_neurons.weights.spectrum import exact_null_directions
from confidence_neurons_book.causal_effects.paths import effect_intervals
from confidence_neurons_book.told import spread


@dataclass(frozen=True)
class Measured:
    """What one model did on one text.

    Attributes
    ----------
    name : str
        Of model and text.
    model : Model
        The model.
    space : Geometry
        What its unembedding hears.
    reporting : Int[Tensor, "row position"]
        The rows that effects are reported on.
    chosen_on, reported : pd.DataFrame
        A scan of all neurons on the rows to choose on, and on the others.
    """

    name: str
    model: Model
    space: cn.Geometry
    reporting: Int[Tensor, "row position"]
    chosen_on: pd.DataFrame
    reported: pd.DataFrame


def measure(
    name: str, model: Model, tokens: Int[Tensor, "batch position"], k: int | None = None
) -> Measured:
    """Scan all neurons on every second row, and again on the others."""
    space = cn.geometry(model, k=k)
    chosen_on, reported = (
        cn.scan(model, tokens[first::2], method="second-order", k=space.k) for first in (0, 1)
    )
    return Measured(name, model, space, tokens[1::2], chosen_on, reported)


def token_effects(measured: Measured, neurons: Collection[int]) -> pd.DataFrame:
    """What holding each of some neurons does at every token of the rows to report on."""
    return cn.token_effects(measured.model, measured.reporting, sorted(neurons))


def group_effects(tokens: pd.DataFrame, groups: Mapping[Any, Sequence[int]]) -> pd.DataFrame:
    """Effects on entropy, as means over the neurons of each group and over tokens.

    Groups may share neurons.

    Returns
    -------
    pd.DataFrame
        For each group four rows: `effect` ("total", "direct", "indirect" in
        nats, "mediated"), `estimate`, `low`, `high`, `tokens`.
    """
    keys = list(groups)
    parts = [
        tokens[tokens["neuron"].isin(list(groups[key]))].assign(group=number)
        for number, key in enumerate(keys)
    ]
    found = effect_intervals(pd.concat(parts), by="group")
    return found.assign(group=[keys[number] for number in found["group"]])


def shares_as_text(effects: pd.DataFrame, index: str | list[str], columns: str) -> pd.DataFrame:
    """The mediated shares with their intervals, as a table to print."""
    shares = effects[effects["effect"] == "mediated"]
    return spread(shares, index, columns)


def spectrum_tail(name: str, space: cn.Geometry, count: int = 30) -> pd.DataFrame:
    """The smallest singular values over the median; without those that are zero by construction.

    Returns
    -------
    pd.DataFrame
        `model`, `place` (1 is the smallest), `relative`.
    """
    values = space.spectrum.values
    heard = values[: len(values) - exact_null_directions(values)]
    smallest = (heard.flip(0)[:count] / values.median()).tolist()
    return pd.DataFrame({"model": name, "place": range(1, len(smallest) + 1), "relative": smallest})
