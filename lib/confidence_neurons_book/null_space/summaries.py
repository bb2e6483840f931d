"""The chapter's tables: estimates with their intervals as words, beside their controls."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import torch

import confidence_neurons as cn
from confidence_neurons.model.light import LightModel
from confidence_neurons.weights.geometry import writes
from confidence_neurons.weights.neurons import null_fraction
from confidence_neurons_book.null_space.occupancy import tail_shares
from confidence_neurons_book.null_space.readers import Reading, token_frame
from confidence_neurons_book.null_space.writers import VISIBLE, Parts, layer_shares, neuron_shares
from confidence_neurons_book.told import told

HIGH = 0.6  # null-space fraction of the crowd
ATTENTION, SCALE = "attention", "scale"
UNREAD = {  # what is measured -> which quantity of it, and who misses the directions
    "attention to the first token, attention misses them": ("attention", ATTENTION),
    "loss, attention misses them": ("loss", ATTENTION),
    "entropy, the final scale misses them": ("entropy", SCALE),
}


def without_directions(
    model: LightModel, clean: Reading, readings: Mapping[tuple[str, str], Reading]
) -> pd.DataFrame:
    """How loss, entropy and attention to the first token change where directions are missing.

    Parameters
    ----------
    model : LightModel
        The model.
    clean : Reading
        With nothing missing.
    readings : mapping of (str, str) to Reading
        Reader and name of the directions -> the text, read without them.

    Returns
    -------
    pd.DataFrame
        A row for each of `UNREAD`, a column for each kind of directions.
    """
    columns = ["loss", "entropy", "attention"]
    before, parts = token_frame(model, clean), {}
    for key, each in readings.items():
        change = token_frame(model, each)[columns] - before[columns]
        parts[key] = before[["sequence"]].join(change)
    frame = pd.concat(parts, names=["reader", "missing"]).reset_index(level=[0, 1])
    found = cn.intervals(frame, by=["reader", "missing"], values=columns)
    words = found.assign(said=told(found)).set_index(["quantity", "reader", "missing"])["said"]
    rows = {name: words.sort_index()[key].to_dict() for name, key in UNREAD.items()}
    order = list(dict.fromkeys(missing for _, missing in readings))
    return pd.DataFrame(rows).T[order].rename_axis("change of")


def crowd(model: LightModel, parts: Parts, chosen: Sequence[int]) -> pd.DataFrame:
    """What neurons of the last layer have of what varies in the null part: many, and a few.

    Returns
    -------
    pd.DataFrame
        A row each for all neurons, for those with a null-space fraction above
        0.6, for as many at random that are neither these nor `chosen`, and for
        `chosen`; columns `neurons` (how many) and `share`.
    """
    rho = null_fraction(writes(model), parts.space.null_space)
    many = (rho > HIGH).nonzero().flatten().tolist()
    groups = {"all of the last MLP": list(range(len(rho))), f"rho > {HIGH}": many}
    groups |= cn.controls(model, many, "random", exclude=chosen)
    groups |= {"named in chapter 3": list(chosen)}
    written = neuron_shares(model, parts, groups)
    found = _ratios(written, "group").set_index("group")
    sizes = {name: len(members) for name, members in groups.items()}
    return pd.DataFrame(
        {"neurons": sizes, "share": pd.Series(told(found), index=found.index)}
    ).rename_axis("written by")


def by_size(model: LightModel, parts: Parts, sizes: Sequence[int]) -> pd.DataFrame:
    """The chapter's shares for other numbers of null directions.

    Returns
    -------
    pd.DataFrame
        One row per size: `k`; `held` of the stream's length and `held, less
        mean`; `by chance`; `last MLP`, its share of what varies in the null
        part, and `same, visible part`.
    """
    rows = []
    every = {"all": range(parts.state.activations.shape[-1])}
    for k in sizes:
        wider = replace(parts, space=replace(parts.space, k=k))
        row: dict[str, int | str] = {"k": k}
        for name, less_mean in (("held", False), ("held, less mean", True)):
            shares = tail_shares(parts.state, parts.space, [k], less_mean=less_mean)
            row[name] = told(cn.intervals(shares, by="k", values="share"))[0]
        row["by chance"] = f"{(k / len(parts.space.null_space)) ** 0.5:.2f}"
        for name, component in (("last MLP", None), ("same, visible part", VISIBLE)):
            given = {} if component is None else {"component": component}
            written = neuron_shares(model, wider, every, **given)
            row[name] = told(_ratios(written, "group"))[0]
        rows.append(row)
    return pd.DataFrame(rows)


def layer_intervals(parts: Parts) -> pd.DataFrame:
    """Intervals of `writers.layer_shares`, for every component, kind of part and layer."""
    return _ratios(layer_shares(parts), ["component", "kind", "layer"])


def _ratios(written: pd.DataFrame, by: str | list[str]) -> pd.DataFrame:
    return cn.intervals(written, by=by, values=["written", "length"], statistic=torch.div)
