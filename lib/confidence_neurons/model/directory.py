"""Read a model's directory in Hugging Face format, and trust none of it.

Nothing is unpickled and no code from the directory is run: weights are read
from safetensors, and `trust_remote_code` is never set.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confidence_neurons.model.configuration import (
    check_finite,
    check_weights,
    read_configuration,
)

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
NEEDED = {
    "a configuration": ("config.json",),
    "weights in safetensors (others are not read: pickles can run code)": WEIGHTS,
    "a tokenizer": ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model"),
}


def check_directory(directory: Path) -> None:
    """Refuse a directory that other libraries would complete or misread in silence.

    Raises
    ------
    FileNotFoundError
        If configuration, weights or tokenizer are missing.
    """
    for what, files in NEEDED.items():
        if not any((directory / file).is_file() for file in files):
            raise FileNotFoundError(
                f"{directory}: expected {what}, {' or '.join(files)}, which is not there. Copy it "
                "from where the rest came from."
            )


def read_tokenizer(directory: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a directory.

    Raises
    ------
    ValueError
        If it cannot be read, or has no token to begin a sequence with.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # the tokenizers library raises bare Exception
        raise ValueError(f"{directory}: the tokenizer cannot be read: {error}") from error
    if tokenizer.bos_token is None and tokenizer.eos_token is None:
        raise ValueError(
            f"{directory}: expected a tokenizer with a beginning-of-sequence token, got one "
            "without. Set bos_token in tokenizer_config.json."
        )
    return tokenizer


def read_network(
    directory: Path,
    device: torch.device,
    dtype: torch.dtype | None = None,
    device_map: str | Mapping[str, Any] | None = None,
) -> PreTrainedModel:
    """The Hugging Face model of a directory, with every weight finite.

    The configuration may carry `final_layer_norm_eps`, a key that Hugging
    Face ignores: the epsilon of the final LayerNorm alone, in the families
    whose entry in `families.FAMILIES` says where that norm is.

    Parameters
    ----------
    directory : Path
        In Hugging Face format.
    device : torch.device
        Where the network goes.
    dtype : torch.dtype, optional
        The type of its weights; by default as they are stored.
    device_map : str or mapping, optional
        For accelerate, which then spreads the network instead.

    Returns
    -------
    PreTrainedModel
        The network.

    Raises
    ------
    ValueError
        If the configuration is none that makes sense, the weights cannot be
        read, are not those of the configuration, or are NaN or infinite, or
        the model would need code of its own.
    """
    from transformers import AutoModelForCausalLM

    from confidence_neurons.model.families import family_of

    own_epsilon = read_configuration(directory / "config.json").get("final_layer_norm_eps")
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            directory,
            dtype="auto" if dtype is None else dtype,
            device_map=device_map,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,  # the report has them
            output_loading_info=True,
        )
    except Exception as error:  # what fails depends on the architecture
        raise ValueError(
            f"{directory}: the model cannot be read. The files may be damaged "
            f"or incomplete (git-lfs pointers?): {error}"
        ) from error
    network, report = loaded
    check_weights(report, directory)
    check_finite(network, directory)
    final_norm = family_of(network.config).final_norm
    if own_epsilon is not None and final_norm is not None:
        network.get_submodule(final_norm).eps = own_epsilon
    return network if device_map is not None else network.to(device)


def describe(directory: Path) -> PreTrainedModel:
    """The network that the configuration of a directory describes, without its weights.

    Raises
    ------
    ValueError
        If the configuration is none that makes sense.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    read_configuration(directory / "config.json")
    try:
        config = AutoConfig.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        )
        with torch.device("meta"):
            return AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    except Exception as error:  # what fails depends on the architecture
        raise ValueError(
            f"{directory / 'config.json'}: no network can be built as it says: "
            f"{type(error).__name__}: {error}"
        ) from error


def stored_type(directory: Path) -> torch.dtype:
    """The type of a model's weights: as the configuration says, else as they are stored."""
    import torch
    from safetensors import safe_open

    fields = read_configuration(directory / "config.json")
    said = fields.get("dtype") or fields.get("torch_dtype")
    if said is not None:
        return getattr(torch, said)
    file = next(iter(sorted(directory.glob("*.safetensors"))), None)
    if file is None:
        return torch.float32
    with safe_open(file, framework="pt") as tensors:
        return tensors.get_tensor(min(tensors.keys(), key=len)).dtype


def stored_numbers(directory: Path) -> int:
    """How many numbers the files of a model's weights hold, each once, read from their headers."""
    from safetensors import safe_open

    single, index = (directory / file for file in WEIGHTS)
    try:
        files = {single.name}
        if not single.is_file():
            files = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        stored = 0
        for file in files:
            with safe_open(directory / file, framework="pt") as tensors:
                shapes = [tensors.get_slice(name).get_shape() for name in list(tensors.keys())]
            stored += sum(map(math.prod, shapes))
        return stored
    except Exception as error:  # a damaged index can hold anything
        raise ValueError(
            f"{directory}: the weights cannot be read. The files may be damaged or incomplete "
            f"(git-lfs pointers?): {error}"
        ) from error
