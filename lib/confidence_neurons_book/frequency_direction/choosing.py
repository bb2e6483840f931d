"""Which neurons are called token frequency neurons in this chapter.

The definition mirrors that of entropy neurons: what a neuron writes (along u,
more than chance), how it acts (more than half of its effect on entropy goes
when the projection on u is put back), and that it is awake.
"""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.architecture import output_weights
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State
from confidence_neurons.weights.neurons import logit_cosine
from confidence_neurons.weights.unigram import Unigram
from confidence_neurons_book.frequency_direction.putting_back import (
    TOTAL,
    neuron_effects,
    written,
)

WRITES, CHANCE = 5000, 0.99
SHARE = 0.5
PUT_BACK = "put back"


def cosine_by_chance(space: cn.Geometry, unigram: Unigram, seed: int = 0) -> float:
    """The size of the cosine with u that 99 of 100 random writes to the stream stay below."""
    generator = torch.Generator().manual_seed(seed)
    writes = torch.randn(WRITES, len(space.spectrum.directions), generator=generator)
    cosines = logit_cosine(writes, space.effective, unigram.direction).abs()
    return float(cosines.quantile(CHANCE))


def cosines(model: Model, space: cn.Geometry, unigram: Unigram) -> pd.DataFrame:
    """Cosine with u of what each neuron of the last layer writes: `neuron`, `cosine`."""
    found = logit_cosine(output_weights(model), space.effective, unigram.direction)
    return pd.DataFrame({"neuron": range(len(found)), "cosine": found.tolist()})


def shares(effects: pd.DataFrame, by: str | list[str], quantity: str, path: str) -> pd.DataFrame:
    """The share of an effect that a path takes away, 1 - left / total, with its interval.

    Parameters
    ----------
    effects : pd.DataFrame
        From `neuron_effects`.
    by : str or list of str
        Columns that tell the rows apart, such as `neuron` or `group`.
    quantity : str
        "entropy", "kl" or "loss".
    path : str
        "frozen", or the name of what was put back.

    Returns
    -------
    pd.DataFrame
        As from `intervals`.
    """
    columns = [f"{quantity}_{path}", f"{quantity}_{TOTAL}"]
    return cn.intervals(effects, by, columns, size=True, statistic=cn.mediated_share)


def choose(
    model: Model,
    state: State,
    written_along: pd.DataFrame,
    unigram: Unigram,
    chance: float,
    median: float,
) -> pd.DataFrame:
    """The neurons that write along u more than chance, and which of them act through it.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    state : State
        Of the text to choose on.
    written_along : pd.DataFrame
        From `cosines`, with this unigram.
    unigram : Unigram
        Whose direction u is.
    chance : float
        From `cosine_by_chance`.
    median : float
        The median neuron's effect on entropy, in nats.

    Returns
    -------
    pd.DataFrame
        `neuron`, `cosine`, `effect` (mean absolute change of entropy in nats),
        `share`, and `frequency`, whether it is a token frequency neuron; the
        largest effect first.
    """
    along = written_along[written_along["cosine"].abs() > chance].set_index("neuron")
    neurons = along.index.tolist()
    effects = neuron_effects(model, state, neurons, {PUT_BACK: unigram.direction}, unigram)
    columns = ["entropy_total", f"entropy_{PUT_BACK}"]
    means = effects[columns].abs().groupby(effects["neuron"]).mean()
    found = pd.DataFrame(
        {
            "cosine": along["cosine"],
            "effect": means["entropy_total"],
            "share": 1 - means[f"entropy_{PUT_BACK}"] / means["entropy_total"],
        }
    )
    found["frequency"] = (found["share"] > SHARE) & (found["effect"] > median)
    return found.sort_values("effect", ascending=False).reset_index(names="neuron")


def same_angle(
    model: Model, neurons: list[int], unigram: Unigram, seed: int = 0
) -> Float[Tensor, "neuron d_vocab"]:
    """For each neuron a unit vector as near to what it writes as u is, and random otherwise.

    The control for what is put back: to put back *any* vector at a small angle
    to what a neuron writes takes a part of its effect away.
    """
    unit = torch.nn.functional.normalize(written(model, neurons), dim=-1)
    generator = torch.Generator().manual_seed(seed)
    other = torch.randn(unit.shape, generator=generator)
    other -= other.mean(dim=-1, keepdim=True)
    other -= (other * unit).sum(dim=-1, keepdim=True) * unit
    cosine = (unit @ unigram.direction).unsqueeze(-1)
    sine = (1 - cosine.square()).sqrt()
    return cosine * unit + sine * torch.nn.functional.normalize(other, dim=-1)


def reported(effects: pd.DataFrame, path: str, written_along: pd.DataFrame) -> pd.DataFrame:
    """For each neuron its cosine, its effect on entropy, and the share of it that goes.

    Parameters
    ----------
    effects : pd.DataFrame
        From `neuron_effects`, with `group`.
    path : str
        The name of what was put back.
    written_along : pd.DataFrame
        From `cosines`.

    Returns
    -------
    pd.DataFrame
        As from `intervals`, with `group`, `neuron`, `cosine` and `effect`, in
        nats.
    """
    found = shares(effects, ["group", "neuron"], "entropy", path)
    sizes = effects["entropy_total"].abs().groupby(effects["neuron"]).mean()
    along = written_along.set_index("neuron")["cosine"]
    return found.assign(effect=found["neuron"].map(sizes), cosine=found["neuron"].map(along))


def by_path(
    effects: pd.DataFrame, by: str | list[str], paths: dict[str, str], quantities: Sequence[str]
) -> pd.DataFrame:
    """The shares of several effects that go when each of some paths is closed.

    Parameters
    ----------
    effects : pd.DataFrame
        From `neuron_effects`.
    by : str or list of str
        Columns that tell the rows apart.
    paths : dict of str to str
        Paths of the effects, and what they are called.
    quantities : sequence of str
        Of "entropy", "kl" and "loss".

    Returns
    -------
    pd.DataFrame
        As from `intervals`, with `closed` and `quantity`.
    """
    return pd.concat(
        [
            shares(effects, by, quantity, path).assign(closed=name, quantity=quantity)
            for quantity in quantities
            for path, name in paths.items()
        ],
        ignore_index=True,
    )
