"""Save and restore a run half-way: weights, AdamW's moments, the step, the recipe."""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from confidence_neurons.files import whole_files
from confidence_neurons.growing.files import damaged, expect_shapes, read_tensors
from confidence_neurons.growing.network import named_weights, set_weights
from confidence_neurons.growing.recipe import Recipe

MOMENTS = ("exp_avg", "exp_avg_sq", "step")
REMEDY = (
    "Delete it and give the same command again: the run begins anew, and comes to the same weights"
)


def save_checkpoint(
    path: Path,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
    step: int,
    seconds: float,
) -> None:
    """Write the state after `step` steps, which took `seconds` of wall-clock time, to one file."""
    moments = {name: optimizer.state[parameter] for name, parameter in _learned(network)}
    record = {"step": str(step), "seconds": str(seconds), "recipe": json.dumps(asdict(recipe))}
    with whole_files(path.parent) as partial:
        tensors = _by_kind(named_weights(network), moments)
        save_file(tensors, partial / path.name, metadata=record)


def load_checkpoint(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, recipe: Recipe
) -> tuple[int, float]:
    """Restore what `save_checkpoint` wrote.

    Returns
    -------
    tuple[int, float]
        The step, and the seconds of wall-clock time so far.

    Raises
    ------
    ValueError
        If the checkpoint is damaged, or was written under another recipe.
    """
    tensors, record = read_tensors(path, REMEDY)
    try:
        written = json.loads(record["recipe"])
        step, seconds = int(record["step"]), float(record["seconds"])
    except (KeyError, ValueError) as error:
        raise damaged(path, f"no recipe, step or seconds ({error})", REMEDY) from None
    _check_recipe(path, written, recipe)
    weights = named_weights(network)
    like = {
        name: {"exp_avg": weight, "exp_avg_sq": weight, "step": torch.tensor(0.0)}
        for name, weight in _learned(network)
    }
    expect_shapes(path, tensors, _by_kind(weights, like), REMEDY)
    set_weights(network, {name: tensors[f"weights/{name}"] for name in weights})
    for name, parameter in _learned(network):
        optimizer.state[parameter] = {moment: tensors[f"{moment}/{name}"] for moment in MOMENTS}
    return step, seconds


def _learned(network: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """The parameters that the optimiser moves."""
    return [(name, p) for name, p in network.named_parameters() if p.requires_grad]


def _by_kind(
    weights: dict[str, Tensor], moments: dict[str, dict[str, Tensor]]
) -> dict[str, Tensor]:
    """What lies in the file: `weights/name` and, for each moment, `moment/name`."""
    tensors = {f"weights/{name}": weight for name, weight in weights.items()}
    for name, state in moments.items():
        tensors |= {f"{moment}/{name}": state[moment] for moment in MOMENTS}
    return tensors


def _check_recipe(path: Path, written: dict, recipe: Recipe) -> None:
    """Refuse to go on with a run of another recipe: the two would be mixed.

    A knob that the checkpoint does not know was at its default.
    """
    wanted = json.loads(json.dumps(asdict(recipe)))
    written = json.loads(json.dumps(asdict(Recipe(name="")))) | written
    different = [
        f"{name} {written[name]} where {value} is asked for"
        for name, value in wanted.items()
        if written[name] != value
    ]
    if different:
        raise ValueError(
            f"{path} was written under another recipe: {'; '.join(different)}. "
            "Start in an empty directory, or ask for the recipe of that run"
        )
