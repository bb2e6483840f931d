"""Grow a network: AdamW over the mixture, with checkpoints and snapshots."""

import math
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from tqdm import tqdm

from confidence_neurons.growing.checkpoint import load_checkpoint, save_checkpoint
from confidence_neurons.growing.mixture import Mixture
from confidence_neurons.growing.network import build_network
from confidence_neurons.growing.recipe import Recipe

CHECKPOINT_EVERY = 500
FIRST_SNAPSHOT = 16
SNAPSHOTS = 26
SETTLING_SNAPSHOTS = 2


def snapshot_steps(recipe: Recipe) -> list[int]:
    """Step 0, logarithmically spaced steps, and a few steps while the model settles."""
    end = recipe.steps if recipe.settling is None else recipe.settling.start
    spaced = np.geomspace(min(FIRST_SNAPSHOT, end), end, SNAPSHOTS - 1)
    settling = np.linspace(end, recipe.steps, SETTLING_SNAPSHOTS + 1)
    return sorted({0, *(round(step) for step in (*spaced, *settling))})


def learning_rate(recipe: Recipe, step: int) -> float:
    """Linear warm-up, then half a cosine down to zero; the same again while settling."""
    start, end, warmup_steps, peak = 0, recipe.steps, recipe.warmup_steps, recipe.learning_rate
    if recipe.settling is not None:
        end = recipe.settling.start
        if step >= end:
            start, end = recipe.settling.start, recipe.steps
            warmup_steps, peak = recipe.settling.warmup_steps, recipe.settling.learning_rate
    if step - start < warmup_steps:
        return peak * (step - start + 1) / warmup_steps
    progress = (step - start - warmup_steps) / max(1, end - start - warmup_steps)
    return peak * 0.5 * (1 + math.cos(math.pi * progress))


def build_optimizer(recipe: Recipe, network: nn.Module) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019); weight decay on matrices only."""
    matrices = [p for p in network.parameters() if p.ndim >= 2]
    vectors = [p for p in network.parameters() if p.ndim < 2]
    return torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": recipe.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ],
        lr=recipe.learning_rate,
        betas=recipe.betas,
        fused=True,
    )


def next_token_loss(network: nn.Module, tokens: Tensor) -> Tensor:
    """Mean cross-entropy of the next token, in nats; the last position has no target."""
    logits = network(tokens).logits[:, :-1]
    return nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


def train(recipe: Recipe, mixture: Mixture, directory: Path, *, compiled: bool = True) -> float:
    """Grow the network, or go on growing it, until the recipe's last step.

    `directory` receives `checkpoint.safetensors` (the state to resume from)
    and `snapshots/` (weights at logarithmically spaced steps, to measure
    afterwards). Returns the seconds of wall-clock time spent in all.
    Sets PyTorch's number of threads and asks it for determinism, for good.

    Raises
    ------
    ValueError
        If the run in `directory` follows another recipe.
    """
    torch.set_num_threads(recipe.threads)
    torch.use_deterministic_algorithms(True)
    network = build_network(recipe)
    optimizer = build_optimizer(recipe, network)
    checkpoint = directory / "checkpoint.safetensors"
    snapshots = directory / "snapshots"
    snapshots.mkdir(parents=True, exist_ok=True)
    step, seconds = 0, 0.0
    if checkpoint.exists():
        step, seconds = load_checkpoint(checkpoint, network, optimizer, recipe)

    loss_function = torch.compile(next_token_loss) if compiled else next_token_loss
    wanted = set(snapshot_steps(recipe))
    started = time.monotonic() - seconds
    progress = tqdm(total=recipe.steps, initial=step, unit="step", desc=f"growing {recipe.name}")
    while True:
        if step in wanted:
            _save_snapshot(snapshots, network, step)
        if step > 0 and (step % CHECKPOINT_EVERY == 0 or step == recipe.steps):
            seconds = time.monotonic() - started
            save_checkpoint(checkpoint, network, optimizer, recipe, step, seconds)
        if step == recipe.steps:
            break
        if recipe.settling is not None and step == recipe.settling.start:
            _round_to_half(network)
            optimizer.state.clear()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, step)
        loss = loss_function(network, mixture.batch(step))
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), recipe.gradient_clip)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        progress.update()
        if step % 50 == 0:
            progress.set_postfix(loss=f"{loss.item():.3f}")
    progress.close()
    return seconds


@torch.no_grad()
def _round_to_half(network: nn.Module) -> None:
    for parameter in network.parameters():
        parameter.copy_(parameter.half())


def _save_snapshot(directory: Path, network: nn.Module, step: int) -> None:
    weights = {name: p.detach().contiguous() for name, p in network.named_parameters()}
    save_file(weights, directory / f"step-{step:06d}.safetensors")
