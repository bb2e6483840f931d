"""Neurons held together: beside one temperature, by the rank of the right token; the crowd."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons import State
from confidence_neurons.model.ends import Model
from confidence_neurons_book.entropy_neurons.heating import matched_temperature

BANDS = ["first choice", "ranks 2 to 10", "ranks 11 to 100", "later ranks"]
EDGES = [0, 1, 10, 100, float("inf")]
ANEW, FROZEN = "scale computed anew", "scale frozen"
MEASURED = {
    "scale_total": ("scale", ANEW),
    "entropy_total": ("entropy", ANEW),
    "entropy_direct": ("entropy", FROZEN),
}


@dataclass(frozen=True)
class Case:
    """A model, a text that it has read, and its entropy neurons.

    Attributes
    ----------
    model : Model
        From `load_light` or `load_model`.
    state : State
        From `run`.
    to : Float[Tensor, "d_mlp"]
        What neurons are held at.
    neurons : sequence of int
        The entropy neurons.
    k : int, optional
        Dimension of the null space; by default by the spectrum's gap.
    """

    model: Model
    state: State
    to: Float[Tensor, " d_mlp"]
    neurons: Sequence[int]
    k: int | None = None


def by_rank(cases: Mapping[str, Case]) -> pd.DataFrame:
    """Changes at each token when neurons are held together, and under a matched temperature.

    Returns
    -------
    pd.DataFrame
        One row per case, intervention and counted token: `model` (name of the
        case), `group` ("entropy", "equal rho", "matched temperature"), `band`
        (of the rank of the right token), `sequence`, `entropy_total`,
        `loss_total` (nats) and `temperature`, NaN where it is none.
    """
    frames = []
    for name, case in cases.items():
        neurons = list(case.neurons)
        groups = {"entropy": neurons, **cn.controls(case.model, neurons, "equal rho", k=case.k)}
        held = cn.effects(case.model, case.state, groups, to=case.to, paths="total")
        change = held.loc[held["group"] == "entropy", "entropy_total"].mean()
        heated = matched_temperature(case.model, case.state, float(change))
        rank = cn.read(case.model, case.state, "rank")["rank"]
        band = pd.cut(rank, EDGES, labels=BANDS).astype(str).tolist()
        frame = pd.concat([held, heated], ignore_index=True)
        frames.append(frame.assign(model=name, band=band * (len(groups) + 1)))
    return pd.concat(frames, ignore_index=True)


def crowd(cases: Mapping[str, Case], null_writers: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """Changes at each token when all null writers are held, or others at random.

    Returns
    -------
    pd.DataFrame
        One row per case, group and counted token: as `effects` gives them,
        with `model` (name of the case) and `before` (mean scale of the text).
    """
    frames = []
    for name, case in cases.items():
        high = list(null_writers[name])
        groups = {
            "the nine": list(case.neurons),
            f"all {len(high)} null writers": high,
            f"{len(high)} at random": cn.controls(case.model, high, "random")["random"],
        }
        held = cn.effects(
            case.model,
            case.state,
            groups,
            to=case.to,
            paths=("total", "direct"),
            quantities=("entropy", "scale"),
        )
        before = case.state.scale[case.state.counted].mean().item()
        frames.append(held.assign(model=name, before=before))
    return pd.concat(frames, ignore_index=True)


def crowd_intervals(changes: pd.DataFrame) -> pd.DataFrame:
    """Means of `crowd` with intervals, by `model`, `group`, `quantity` and `path`."""
    found = cn.intervals(changes, ["model", "group"], list(MEASURED))
    told = found["quantity"].map(MEASURED)
    return found.assign(quantity=told.str[0], path=told.str[1])
