"""Measure the snapshots of a run on the book's passages: their scale, their losses, their neurons.

The growth record has means without rows. Here every second row of the passages
is read, clean and half corrupted, so that what is measured has an interval.
None of these rows named a neuron.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import tqdm
from transformers import AutoTokenizer

import confidence_neurons as cn
from confidence_neurons.growing.export import export_model
from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.snapshots import load_snapshot
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State
from confidence_neurons.weights.spectrum import NUMERICAL_ZERO, exact_null_directions
from confidence_neurons_book.training_dynamics.onsets import MEMBERS, OPEN
from confidence_neurons_book.training_dynamics.records import CLEAN, MEDIAN, NOISE, NOW, NULL

SHARE, SEED = 0.5, 1  # of the tokens that are replaced
Directions: TypeAlias = Float[Tensor, "d_model direction"]


def remeasure(
    run: Path, recipe: Recipe, groups: Mapping[str, Sequence[int]], last: cn.Geometry
) -> pd.DataFrame:
    """Measure every snapshot that lies in the directory of a run.

    Parameters
    ----------
    run : Path
        As `confidence_neurons.growing` leaves it.
    recipe : Recipe
        What was grown.
    groups : mapping of name to neurons
        Named at the end of the training.
    last : Geometry
        Of the model at the end of the training: its quiet directions are
        followed, and null-space fractions are those of as many directions as
        its null space has.

    Returns
    -------
    pd.DataFrame
        `step`, and the columns of `measure_snapshot`.
    """
    found = []
    for path in tqdm(sorted((run / "snapshots").glob("*.safetensors")), desc="remeasuring"):
        model = booted(recipe, path)
        step = int(path.stem.removeprefix("step-"))
        rows = cn.prose_tokens(model)[1::2]
        found.append(measure_snapshot(model, rows, groups, last).assign(step=step))
    return pd.concat(found, ignore_index=True)


def booted(recipe: Recipe, snapshot: Path) -> Model:
    """A snapshot, in the directory of its run, as a model of the library."""
    tokenizer = AutoTokenizer.from_pretrained(snapshot.parents[1])
    counts = cn.unigram_counts("prose").numpy()
    with TemporaryDirectory() as directory:
        export_model(load_snapshot(recipe, snapshot), tokenizer, counts, Path(directory))
        return cn.load_light(directory, dtype="float32")


def measure_snapshot(
    model: Model,
    rows: Int[Tensor, "batch position"],
    groups: Mapping[str, Sequence[int]],
    last: cn.Geometry,
) -> pd.DataFrame:
    """What one model does.

    Parameters
    ----------
    model : Model
        With the vocabulary of `prose`.
    rows : Int[Tensor, "batch position"]
        What it reads, clean and half corrupted.
    groups, last
        As in `remeasure`.

    Returns
    -------
    pd.DataFrame
        `measure`, `of` (a text, a group or a kind of neuron), `estimate`,
        `low`, `high`; the last two are NaN where a number has no interval.
        "smallest singular value" is over the median, without those that are
        zero by construction; "rho" and "cosine" are the third largest;
        "scale"; "loss" (nats); "cost of one scale" is by how much the loss
        rises (nats) where every position has the mean scale of clean prose;
        "scale ratio" is that on noise over that on prose; "extra share" is the
        share of the stream's extra squared length on noise that lies in some
        directions, "loudness" their mean singular value over the median;
        "neurons" counts those that meet the book's definitions on noise;
        "mediated" and "effect" (nats) are those of a group on entropy, on noise.
    """
    counts = cn.unigram_counts("prose")
    noise = cn.corrupt(rows, SHARE, counts, seed=SEED)
    states = {CLEAN: cn.run(model, rows), NOISE: cn.run(model, noise)}
    space = cn.geometry(model, k=last.k, counts=counts)
    named = null_and_median(last)
    directions = {NOW: quietest(space, named[NULL].shape[1]), **named}
    members = [neuron for group in groups.values() for neuron in group]
    scanned = cn.scan(model, noise, method="second-order", k=space.k, counts=counts)
    parts = [
        _weights(space, scanned),
        *_scales(model, states),
        *_lengths(states, space, directions),
        *(_groups(cn.token_effects(model, noise, members), groups) if members else ()),
    ]
    columns = ["measure", "of", "estimate", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns]


def _weights(space: cn.Geometry, scanned: pd.DataFrame) -> pd.DataFrame:
    """What the weights say, and how many neurons meet the definitions."""
    values = space.spectrum.values / space.spectrum.values.median()
    met = cn.group_criteria(scanned)
    found = {
        ("smallest singular value", "weights"): float(values[values > NUMERICAL_ZERO].min()),
        ("rho", "weights"): scanned["null_fraction"].nlargest(MEMBERS).min(),
        ("cosine", "weights"): scanned["frequency_cosine"].abs().nlargest(MEMBERS).min(),
        ("neurons", "entropy"): met["entropy"].sum(),
        ("neurons", "frequency"): met["frequency"].sum(),
    }
    index = pd.MultiIndex.from_tuples(found, names=["measure", "of"])
    return pd.DataFrame({"estimate": [*found.values()]}, index=index).reset_index()


def _scales(model: Model, states: Mapping[str, State]) -> Iterator[pd.DataFrame]:
    """Scale and loss of each text, and what one scale for all positions would cost."""
    clean = states[CLEAN]
    constant = clean.scale[clean.counted].mean()
    for text, state in states.items():
        read = cn.read(model, state, ("scale", "loss"))
        fixed = replace(state, scale=torch.full_like(state.scale, float(constant)))
        read["cost of one scale"] = cn.read(model, fixed, ("loss",))["loss"] - read["loss"]
        found = cn.intervals(read.assign(of=text), "of", ["scale", "loss", "cost of one scale"])
        yield found.rename(columns={"quantity": "measure"})


def _lengths(
    states: Mapping[str, State], space: cn.Geometry, directions: Mapping[str, Directions]
) -> Iterator[pd.DataFrame]:
    """How far noise lengthens the stream, and which share of that lies in some directions."""
    clean, noisy = (space.norm.centre(state.residual[state.counted]) for state in states.values())
    ratio = (
        states[CLEAN]
        .places()
        .assign(
            of=NOISE,
            noise=states[NOISE].scale[states[NOISE].counted].flatten().numpy(),
            clean=states[CLEAN].scale[states[CLEAN].counted].flatten().numpy(),
        )
    )
    ratios = cn.intervals(ratio, "of", ["noise", "clean"], statistic=torch.div)
    yield ratios.assign(measure="scale ratio")
    for name, basis in directions.items():
        extra = {
            "part": (noisy @ basis).pow(2).sum(dim=-1) - (clean @ basis).pow(2).sum(dim=-1),
            "whole": noisy.pow(2).sum(dim=-1) - clean.pow(2).sum(dim=-1),
        }
        frame = states[CLEAN].places().assign(of=name, **{n: v.numpy() for n, v in extra.items()})
        share = cn.intervals(frame, "of", list(extra), statistic=torch.div)
        yield share.assign(measure="extra share")
        heard = (space.unembedding.T.to(basis) @ basis).pow(2).sum(dim=0).mean().sqrt()
        loudness = float(heard / space.spectrum.values.median())
        yield pd.DataFrame({"measure": ["loudness"], "of": [name], "estimate": [loudness]})


def null_and_median(last: cn.Geometry) -> dict[str, Directions]:
    """The directions under a third of the median, and as many of median loudness."""
    relative = last.spectrum.values / last.spectrum.values.median()
    count = int(((relative < OPEN) & (relative > NUMERICAL_ZERO)).sum())
    middle = (len(relative) - 1) // 2
    directions = last.spectrum.directions.float()
    return {NULL: quietest(last, count), MEDIAN: directions[:, middle : middle + count]}


def quietest(space: cn.Geometry, count: int) -> Directions:
    """The quietest directions, without those that are null by construction."""
    end = len(space.spectrum.values) - exact_null_directions(space.spectrum.values)
    return space.spectrum.directions.float()[:, end - count : end]


def _groups(effects: pd.DataFrame, groups: Mapping[str, Sequence[int]]) -> Iterator[pd.DataFrame]:
    """Share and size of what the neurons of each group do to the entropy, one by one."""
    of = {neuron: name for name, group in groups.items() for neuron in group}
    effects = effects.assign(of=effects["neuron"].map(of))
    names = ["entropy_direct", "entropy_total"]
    share = cn.intervals(effects, "of", names, size=True, statistic=cn.mediated_share)
    yield share.assign(measure="mediated")
    yield cn.intervals(effects, "of", names[1:], size=True).assign(measure="effect")
