"""Grow a network: AdamW over batches from any source, with checkpoints and snapshots."""

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from confidence_neurons.growing.checkpoint import load_checkpoint, save_checkpoint
from confidence_neurons.growing.network import build_network
from confidence_neurons.growing.optimizer import build_optimizer
from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.snapshots import save_snapshot, snapshot_paths, snapshot_steps

CHECKPOINT_EVERY = 500


@runtime_checkable
class Source(Protocol):
    """Where the batches come from; each depends on its number alone."""

    def batch(self, step: int) -> Int[Tensor, "batch position"]:
        """The sequences of one step."""
        ...


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


def next_token_loss(network: nn.Module, tokens: Int[Tensor, "batch position"]) -> Float[Tensor, ""]:
    """Mean cross-entropy of the next token, in nats; the last position has no target."""
    logits = network(tokens).logits[:, :-1]
    return nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


def train(recipe: Recipe, source: Source, directory: Path, *, compiled: bool = True) -> float:
    """Grow the network, or go on growing it, until the recipe's last step.

    Sets PyTorch's number of threads and asks it for determinism, for good.

    Parameters
    ----------
    recipe : Recipe
        What to grow.
    source : Source
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

    Raises
    ------
    ValueError
        If the loss is no number any more, or the checkpoint is of another recipe.
    """
    torch.set_num_threads(recipe.threads)
    torch.use_deterministic_algorithms(True)
    network = build_network(recipe)
    optimizer = build_optimizer(recipe, network)
    checkpoint = directory / "checkpoint.safetensors"
    first, seconds = 0, 0.0
    if checkpoint.exists():
        first, seconds = load_checkpoint(checkpoint, network, optimizer, recipe)
        snapshot_paths(recipe, directory, last=first - 1)

    wanted = set(snapshot_steps(recipe))
    started = time.monotonic() - seconds
    for step in steps(recipe, source, network, optimizer, first=first, compiled=compiled):
        if step in wanted:
            save_snapshot(directory, network, step)
        if step > 0 and (step % CHECKPOINT_EVERY == 0 or step == recipe.steps):
            seconds = time.monotonic() - started
            save_checkpoint(checkpoint, network, optimizer, recipe, step, seconds)
    return seconds


def steps(
    recipe: Recipe,
    source: Source,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    first: int = 0,
    compiled: bool,
) -> Iterator[int]:
    """Take step after step, counted by a bar of text; yield how many have been taken.

    The number of steps that a run begins with, `first`, is yielded too. What a
    step draws depends on the seed and on its number alone.

    Raises
    ------
    ValueError
        If the loss is no number any more.
    """
    loss_function = torch.compile(next_token_loss) if compiled else next_token_loss
    bar = tqdm(total=recipe.steps, initial=first, unit="step", desc=f"growing {recipe.name}")
    with bar as progress:
        for step in range(first, recipe.steps):
            yield step
            if recipe.settling is not None and step == recipe.settling.start:
                _round_to_half(network)
                optimizer.state.clear()
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe, step)
            torch.manual_seed(recipe.seed * recipe.steps + step)  # dropout draws from it
            loss = loss_function(network, source.batch(step))
            need_number(recipe, loss.item(), step)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), recipe.gradient_clip)
            optimizer.step()
            optimizer.zero_grad()
            progress.update()
            if progress.n % 50 == 0:
                progress.set_postfix(loss=f"{loss.item():.3f}")
    yield recipe.steps


def need_number(recipe: Recipe, loss: float, step: int) -> None:
    """Refuse to go on with a model that has diverged.

    Raises
    ------
    ValueError
        If the loss is NaN or infinite.
    """
    if not math.isfinite(loss):
        raise ValueError(
            f"{recipe.name}: expected a loss that is a number, got {loss} at step {step}: the "
            f"model has diverged. Give a learning_rate below {recipe.learning_rate:g}, or a "
            f"longer warm-up than {recipe.warmup_steps} steps"
        )


@torch.no_grad()
def _round_to_half(network: nn.Module) -> None:
    for parameter in network.parameters():
        parameter.copy_(parameter.half())
