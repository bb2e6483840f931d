"""Save and restore a run half-way: weights, AdamW's moments, the step.

Everything lies in one safetensors file, replaced in one go, so a run that is
killed while it writes still has its previous checkpoint.
"""

from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def save_checkpoint(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, step: int, seconds: float
) -> None:
    """Write the state after `step` steps, which took `seconds` of wall-clock time."""
    tensors = {}
    for name, parameter in network.named_parameters():
        tensors[f"weights/{name}"] = parameter.detach().contiguous()
        for moment in MOMENTS:
            tensors[f"{moment}/{name}"] = optimizer.state[parameter][moment]
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, metadata={"step": str(step), "seconds": str(seconds)})
    partial.replace(path)


def load_checkpoint(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[int, float]:
    """Restore what `save_checkpoint` wrote; returns the step and the seconds so far."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        for name, parameter in network.named_parameters():
            parameter.data.copy_(file.get_tensor(f"weights/{name}"))
            optimizer.state[parameter] = {
                moment: file.get_tensor(f"{moment}/{name}") for moment in MOMENTS
            }
    return int(metadata["step"]), float(metadata["seconds"])
