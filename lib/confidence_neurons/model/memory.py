"""How much memory a model needs, known from its configuration before anything is loaded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confidence_neurons.checks import checked
from confidence_neurons.model.bundled import is_bundled
from confidence_neurons.model.directory import describe, stored_type
from confidence_neurons.model.finding import CONFIGURATION, GGUF, find_directory
from confidence_neurons.model.gguf import read_header
from confidence_neurons.model.packaged import PACKAGES
from confidence_neurons.model.quiet import quiet

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

FLOAT32_BYTES = 4
BYTES_A_TOKEN = 2_000  # of a tokenizer
# Measured on models of 115 to 177 million weights, vocabularies of 2,000 to 256,000 (at most, with
# a little to spare): how often TransformerLens holds all weights, and the embedding besides, which
# it parts from the unembedding where they are one.
LIGHT_COPIES = 1.1
BRIDGE_COPIES = 3.1
BRIDGE_EMBEDDINGS = {True: 5, False: 2}  # whether they are one


@dataclass(frozen=True)
class MemoryNeeded:
    """How much memory a model needs, beside the libraries themselves (about 0.4 GB).

    Attributes
    ----------
    parameters : int
        How many weights it has.
    weights : int
        Bytes that they take, in the type that `load_light` holds them in.
    load_light : int
        Bytes that `load_light` needs at most. A `scan` needs the same and its
        `memory_budget`. Weights that are converted to another type are read
        from the file a page at a time; such pages the system takes back.
    load_model : int
        Bytes that `load_model` needs at most, which holds float32 and copies.
    """

    parameters: int
    weights: int
    load_light: int
    load_model: int

    @classmethod
    def of(
        cls, parameters: int, embedding: int, d_vocab: int, *, tied: bool, itemsize: int
    ) -> MemoryNeeded:
        """From how many weights there are, how many of them in the embedding, and their size."""
        weights, tokenizer = parameters * itemsize, BYTES_A_TOKEN * d_vocab
        copies = BRIDGE_COPIES * parameters + BRIDGE_EMBEDDINGS[tied] * embedding
        return cls(
            parameters,
            weights,
            round(LIGHT_COPIES * weights) + tokenizer,
            round(FLOAT32_BYTES * copies) + tokenizer,
        )

    @classmethod
    def of_network(cls, network: PreTrainedModel, itemsize: int) -> MemoryNeeded:
        """Of a network, which need not have any weights yet."""
        matrix: Any = network.get_input_embeddings().weight
        return cls.of(
            sum(weights.numel() for weights in network.parameters()),
            matrix.numel(),
            len(matrix),
            tied=bool(network.config.tie_word_embeddings),
            itemsize=itemsize,
        )


@checked
def memory_needed(
    name: str | os.PathLike[str],
    *,
    dtype: str | torch.dtype | None = None,
    revision: str | None = None,
) -> MemoryNeeded:
    """How much memory a model needs, without loading it.

    Of a model on the hub nothing but the configuration is downloaded, and of
    one that is fetched once ("smollm2") nothing.

    Parameters
    ----------
    name : str or Path
        As in `load_model`.
    dtype : str or torch.dtype, optional
        As in `load_light`.
    revision : str, optional
        As in `load_model`.

    Returns
    -------
    MemoryNeeded
        `parameters`, and in bytes `weights`, `load_light` and `load_model`.

    Raises
    ------
    ValueError, NotImplementedError, FileNotFoundError, PermissionError, ConnectionError
        As `load_model`.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> needed = cn.memory_needed("smollm2")
    >>> f"{needed.parameters:,} weights, {needed.weights / 1e9:.2f} GB"
    '134,515,008 weights, 0.54 GB'
    """
    import torch

    with quiet():
        path = Path(os.path.expanduser(name))
        wanted: Any = dtype
        if isinstance(name, str) and name in PACKAGES:
            package = PACKAGES[name]
            return MemoryNeeded.of(
                package.parameters,
                package.d_vocab * package.d_model,
                package.d_vocab,
                tied=True,
                itemsize=(wanted or torch.float32).itemsize,
            )
        if path.is_file() and path.suffix == GGUF:
            header = read_header(path)
            return MemoryNeeded.of(
                header.numbers,
                header.embedding,
                header.d_vocab,
                tied=header.tied,
                itemsize=(wanted or torch.float32).itemsize,
            )
        directory = find_directory(name, revision, only=CONFIGURATION)
        held = wanted or type_held(name, directory)
        return MemoryNeeded.of_network(describe(directory), held.itemsize)


def type_held(name: str | os.PathLike[str], directory: Path) -> torch.dtype:
    """The type that `load_light` holds weights in where none is asked for."""
    import torch

    if isinstance(name, str) and is_bundled(name):
        return torch.float32
    return stored_type(directory)
