"""Grow a model in memory, and hold it as the library's own."""

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import GPTNeoXForCausalLM, PreTrainedTokenizerBase

from confidence_neurons.growing.network import build_network, with_ordinary_norm
from confidence_neurons.growing.optimizer import build_optimizer
from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.training import Source, steps
from confidence_neurons.model.light import LightModel

Watch = Callable[[int, LightModel], None]


def grow(
    recipe: Recipe,
    source: Source,
    tokenizer: PreTrainedTokenizerBase,
    *,
    watch: Watch | None = None,
    at: Iterable[int] = (),
) -> LightModel:
    """Grow a small model without a file, as `train` does with files.

    Parameters
    ----------
    recipe : Recipe
        What to grow.
    source : Source
        Where the batches come from.
    tokenizer : PreTrainedTokenizerBase
        That of the source's tokens.
    watch : callable, optional
        Is given the number of steps taken and the model as it is then.
    at : iterable of int
        After how many steps to watch.

    Returns
    -------
    LightModel
        For every function of the library that takes a model from `load_light`.

    Raises
    ------
    ValueError
        If the model diverges.
    """
    network = build_network(recipe)
    optimizer = build_optimizer(recipe, network)
    watched = set(at)
    with deterministic(recipe.threads):
        for step in steps(recipe, source, network, optimizer, compiled=False):
            if watch is not None and step in watched:
                watch(step, hold(network, tokenizer, recipe.name))
    return hold(network, tokenizer, recipe.name)


@contextmanager
def deterministic(threads: int) -> Iterator[None]:
    """So many threads and deterministic algorithms, for as long as the block runs."""
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    memory: Any = torch.utils.deterministic
    fill = memory.fill_uninitialized_memory
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    memory.fill_uninitialized_memory = False  # nothing reads what it would fill
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
        memory.fill_uninitialized_memory = fill


def hold(network: GPTNeoXForCausalLM, tokenizer: PreTrainedTokenizerBase, name: str) -> LightModel:
    """A copy of a network, with whatever final norm it has, as `load_light` would give it."""
    return LightModel.of(with_ordinary_norm(copy.deepcopy(network)), tokenizer, name)
