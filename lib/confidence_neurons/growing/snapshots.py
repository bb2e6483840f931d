"""Snapshots of a run: weights at logarithmically spaced steps, to measure afterwards."""

from pathlib import Path

import numpy as np
from safetensors.torch import save_file
from torch import nn
from transformers import GPTNeoXForCausalLM

from confidence_neurons.files import whole_files
from confidence_neurons.growing.files import expect_shapes, read_tensors
from confidence_neurons.growing.network import (
    build_network,
    named_weights,
    set_weights,
    with_ordinary_norm,
)
from confidence_neurons.growing.recipe import Recipe

FIRST_SNAPSHOT = 16
SNAPSHOTS = 26
SETTLING_SNAPSHOTS = 2
REMEDY = (
    "Delete checkpoint.safetensors of the same run and give the same command again: "
    "it grows anew, to the same weights"
)


def snapshot_steps(recipe: Recipe) -> list[int]:
    """Step 0, logarithmically spaced steps, and a few steps while the model settles."""
    end = recipe.steps if recipe.settling is None else recipe.settling.start
    spaced = np.geomspace(min(FIRST_SNAPSHOT, end), end, SNAPSHOTS - 1)
    settling = np.linspace(end, recipe.steps, SETTLING_SNAPSHOTS + 1)
    return sorted({0, *(round(step) for step in (*spaced, *settling))})


def snapshot_path(run: Path, step: int) -> Path:
    """Where the snapshot of a step lies in the directory of a run."""
    return run / "snapshots" / f"step-{step:06d}.safetensors"


def snapshot_paths(recipe: Recipe, run: Path, last: int | None = None) -> dict[int, Path]:
    """The snapshots that a run has made up to the step `last`, or to its end.

    Parameters
    ----------
    recipe : Recipe
        Of the run.
    run : Path
        Its directory.
    last : int, optional
        By default the recipe's last step.

    Returns
    -------
    dict[int, Path]
        Step -> path, for every step of `snapshot_steps`.

    Raises
    ------
    FileNotFoundError
        If one is missing.
    """
    end = recipe.steps if last is None else last
    paths = {step: snapshot_path(run, step) for step in snapshot_steps(recipe) if step <= end}
    missing = [path for path in paths.values() if not path.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{missing[0]} is missing, one of {len(missing)} of {len(paths)} snapshots: "
            f"grow the model first. If it was grown: {REMEDY}"
        )
    return paths


def save_snapshot(run: Path, network: nn.Module, step: int) -> None:
    """Write the weights after `step` steps into the directory of a run."""
    path = snapshot_path(run, step)
    with whole_files(path.parent) as partial:
        save_file(named_weights(network), partial / path.name)


def load_snapshot(recipe: Recipe, path: Path) -> GPTNeoXForCausalLM:
    """The network with the weights of one snapshot, as an ordinary GPT-NeoX.

    Raises
    ------
    ValueError
        If the snapshot is damaged.
    """
    network = build_network(recipe)
    weights, _ = read_tensors(path, REMEDY)
    expect_shapes(path, weights, named_weights(network), REMEDY)
    set_weights(network, weights)
    return with_ordinary_norm(network).eval()
