"""Save and restore a run half-way: weights, AdamW's moments, the step, the recipe.

Everything lies in one safetensors file, replaced in one go, so a run that is
killed while it writes still has its previous checkpoint.
"""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from confidence_neurons.growing.recipe import Recipe

MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def save_checkpoint(
    path: Path,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
    step: int,
    seconds: float,
) -> None:
    """Write the state after `step` steps, which took `seconds` of wall-clock time."""
    tensors = {}
    for name, parameter in network.named_parameters():
        tensors[f"weights/{name}"] = parameter.detach().contiguous()
        for moment in MOMENTS:
            tensors[f"{moment}/{name}"] = optimizer.state[parameter][moment]
    partial = path.with_suffix(".partial")
    record = {"step": str(step), "seconds": str(seconds), "recipe": json.dumps(asdict(recipe))}
    save_file(tensors, partial, metadata=record)
    partial.replace(path)


def load_checkpoint(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, recipe: Recipe
) -> tuple[int, float]:
    """Restore what `save_checkpoint` wrote; returns the step and the seconds so far.

    Raises
    ------
    ValueError
        If the checkpoint was written under another recipe.
    """
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        _check_recipe(path, json.loads(metadata["recipe"]), recipe)
        for name, parameter in network.named_parameters():
            parameter.data.copy_(file.get_tensor(f"weights/{name}"))
            optimizer.state[parameter] = {
                moment: file.get_tensor(f"{moment}/{name}") for moment in MOMENTS
            }
    return int(metadata["step"]), float(metadata["seconds"])


def _check_recipe(path: Path, written: dict, recipe: Recipe) -> None:
    """Refuse to go on with a run of another recipe: the two would be mixed."""
    wanted = json.loads(json.dumps(asdict(recipe)))
    different = [
        f"{name} {written.get(name)} where {value} is asked for"
        for name, value in wanted.items()
        if written.get(name) != value
    ]
    if different:
        raise ValueError(
            f"{path} was written under another recipe: {'; '.join(different)}. "
            "Start in an empty directory, or ask for the recipe of that run"
        )
