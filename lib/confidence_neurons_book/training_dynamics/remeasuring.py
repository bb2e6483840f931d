"""Measure the snapshots of a run on the book's passages: their scale, their losses, their neurons.

The growth record has means without rows. Here every second row of the passages
is read, clean and half corrupted, so that what is measured has an interval.
None of these rows named a neuron.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm
from transformers import AutoTokenizer

import confidence_neurons as cn
from confidence_neurons.growing.export import export_model
from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.snapshots import load_snapshot
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State
from confidence_neurons_book.training_dynamics.onsets import MEMBERS

CLEAN, NOISE = "prose", "half noise"
SHARE, SEED = 0.5, 1  # of the tokens that are replaced
PLACE = ["sequence", "position"]


def remeasure(
    run: Path, recipe: Recipe, groups: Mapping[str, Sequence[int]], k: int
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
    k : int
        Dimension of the null space at the end of the training.

    Returns
    -------
    pd.DataFrame
        `step`, and the columns of `measure_snapshot`.
    """
    tokenizer = AutoTokenizer.from_pretrained(run)
    counts = cn.unigram_counts("prose").numpy()
    found = []
    for path in tqdm(sorted((run / "snapshots").glob("*.safetensors")), desc="remeasuring"):
        with TemporaryDirectory() as directory:
            export_model(load_snapshot(recipe, path), tokenizer, counts, Path(directory))
            model = cn.load_light(directory, dtype="float32")
        step = int(path.stem.removeprefix("step-"))
        found.append(measure_snapshot(model, groups, k).assign(step=step))
    return pd.concat(found, ignore_index=True)


def measure_snapshot(model: Model, groups: Mapping[str, Sequence[int]], k: int) -> pd.DataFrame:
    """What one model does.

    Returns
    -------
    pd.DataFrame
        `measure`, `of` (a text, a group or a kind of neuron), `estimate`,
        `low`, `high`; the last two are NaN where a number has no interval.
        "smallest singular value" is over the median, without those that are
        zero by construction; "rho" and "cosine" are the third largest;
        "scale"; "loss" (nats); "cost of one scale" is by how much the loss
        rises (nats) where every position has the mean scale of clean prose;
        "quiet share" is the share of the stream's extra squared length on noise
        that lies in the k quietest directions; "neurons" counts those that meet
        the book's definitions on noise; "mediated" and "effect" (nats) are
        those of a group on entropy, on noise.
    """
    counts = cn.unigram_counts("prose")
    rows = cn.prose_tokens(model)[1::2]
    noise = cn.corrupt(rows, SHARE, counts, seed=SEED)
    states = {CLEAN: cn.run(model, rows), NOISE: cn.run(model, noise)}
    space = cn.geometry(model, k=k, counts=counts)
    members = [neuron for group in groups.values() for neuron in group]
    scanned = cn.scan(model, noise, method="second-order", k=k, counts=counts)
    parts = [
        _weights(space, scanned),
        *_scales(model, states),
        _quiet_share(states, space.null_space),
        *(_groups(cn.token_effects(model, noise, members), groups) if members else ()),
    ]
    columns = ["measure", "of", "estimate", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns]


def _weights(space: cn.Geometry, scanned: pd.DataFrame) -> pd.DataFrame:
    """What the weights say, and how many neurons meet the definitions."""
    values = space.spectrum.values / space.spectrum.values.median()
    met = cn.group_criteria(scanned)
    found = {
        ("smallest singular value", "weights"): float(values[values > 1e-4].min()),
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


def _quiet_share(
    states: Mapping[str, State], directions: Float[Tensor, "d_model k"]
) -> pd.DataFrame:
    """Of the extra squared length that noise gives the stream, the share in these directions."""
    sizes = {}
    for text, state in states.items():
        x = state.residual[state.counted]
        x = x - x.mean(dim=-1, keepdim=True)
        sizes |= {
            f"quiet {text}": (x @ directions.to(x)).pow(2).sum(dim=-1),
            f"whole {text}": x.pow(2).sum(dim=-1),
        }
    frame = states[CLEAN].places().assign(of=NOISE, **{n: v.numpy() for n, v in sizes.items()})

    def share(quiet, whole, quiet_on_noise, whole_on_noise):
        return (quiet_on_noise - quiet) / (whole_on_noise - whole)

    return cn.intervals(frame, "of", list(sizes), statistic=share).assign(measure="quiet share")


def _groups(effects: pd.DataFrame, groups: Mapping[str, Sequence[int]]) -> Iterator[pd.DataFrame]:
    """Share and size of what the neurons of each group do to the entropy, one by one."""
    of = {neuron: name for name, group in groups.items() for neuron in group}
    effects = effects.assign(of=effects["neuron"].map(of))
    names = ["entropy_direct", "entropy_total"]
    share = cn.intervals(effects, "of", names, size=True, statistic=cn.mediated_share)
    yield share.assign(measure="mediated")
    yield cn.intervals(effects, "of", names[1:], size=True).assign(measure="effect")
