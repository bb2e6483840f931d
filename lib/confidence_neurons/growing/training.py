"""Grow a network: AdamW over the mixture, with checkpoints and snapshots."""

import math
import time
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from confidence_neurons.growing.checkpoint import load_checkpoint, save_checkpoint
from confidence_neurons.growing.mixture import Mixture
from confidence_neurons.growing.network import build_network
from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.snapshots import save_snapshot, snapshot_paths, snapshot_steps

CHECKPOINT_EVERY = 500


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


def next_token_loss(network: nn.Module, tokens: Int[Tensor, "batch position"]) -> Float[Tensor, ""]:
    """Mean cross-entropy of the next token, in nats; the last position has no target."""
    logits = network(tokens).logits[:, :-1]
    return nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


def train(recipe: Recipe, mixture: Mixture, directory: Path, *, compiled: bool = True) -> float:
    """Grow the network, or go on growing it, until the recipe's last step.

    Sets PyTorch's number of threads and asks it for determinism, for good.

    Parameters
    ----------
    recipe : Recipe
        What to grow.
    mixture : Mixture
        Where the batches come from.
    directory : Path
        Receives `checkpoint.safetensors` (the state to resume from) and
        `snapshots/` (see `snapshot_steps`).
    compiled : bool
        Whether to use torch.compile: faster, with other last bits.

    Returns
    -------
    float
        Seconds of wall-clock time spent in all.
    """
    torch.set_num_threads(recipe.threads)
    torch.use_deterministic_algorithms(True)
    network = build_network(recipe)
    optimizer = build_optimizer(recipe, network)
    checkpoint = directory / "checkpoint.safetensors"
    step, seconds = 0, 0.0
    if checkpoint.exists():
        step, seconds = load_checkpoint(checkpoint, network, optimizer, recipe)
        snapshot_paths(recipe, directory, last=step - 1)

    loss_function = torch.compile(next_token_loss) if compiled else next_token_loss
    wanted = set(snapshot_steps(recipe))
    started = time.monotonic() - seconds
    with tqdm(
        total=recipe.steps, initial=step, unit="step", desc=f"growing {recipe.name}"
    ) as progress:
        while True:
            if step in wanted:
                save_snapshot(directory, network, step)
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
    return seconds


@torch.no_grad()
def _round_to_half(network: nn.Module) -> None:
    for parameter in network.parameters():
        parameter.copy_(parameter.half())
