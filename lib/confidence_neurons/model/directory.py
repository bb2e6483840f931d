"""Read a model's directory, from this machine or the Hugging Face hub, and trust none of it.

Nothing is unpickled and no code from the directory is run: weights are read
from safetensors, and `trust_remote_code` is never set.
"""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confidence_neurons.model.bundled import (
    bundled_names,
    is_bundled,
    nearest_names,
    unknown_name_message,
    verified_directory,
)
from confidence_neurons.model.configuration import check_sizes, check_weights, read_configuration

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
NEEDED = {
    "a configuration": ("config.json",),
    "weights in safetensors (others are not read: pickles can run code)": WEIGHTS,
    "a tokenizer": ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model"),
}
DOWNLOADED = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
HUB_ADVICE = (
    "For a model from the Hugging Face hub give its full name ('gpt2', 'EleutherAI/pythia-160m'); "
    "for a local one, the path of its directory."
)


def find_directory(name: str | os.PathLike[str]) -> Path:
    """Where the model of this name lies; one from the hub is downloaded first.

    A name without an owner that looks like a bundled one is taken for a slip,
    and the hub is not asked for it.

    Raises
    ------
    ValueError
        If the name is unknown, or a bundled file fails its checksum.
    FileNotFoundError
        If the name is a path, and there is no such directory.
    PermissionError
        If the hub wants a licence accepted first.
    ConnectionError
        If the hub cannot be reached and the model was not downloaded before.
    """
    if isinstance(name, str) and is_bundled(name):
        return verified_directory(name)
    text = str(name)
    directory = Path(os.path.expanduser(name))  # leaves an unknown user's as it is
    if directory.is_dir():
        return directory.resolve()
    if directory.is_file():
        raise ValueError(f"{text}: expected a directory in Hugging Face format, got a file")
    if isinstance(name, os.PathLike) or text.startswith((".", "~")) or directory.is_absolute():
        raise FileNotFoundError(f"{text}: there is no such directory")
    if not HUB_NAME.fullmatch(text) or ("/" not in text and nearest_names(text)):
        raise ValueError(f"{unknown_name_message(text)} {HUB_ADVICE}")
    return _download(text)


def _download(name: str) -> Path:
    """Directory of a model from the hub: downloaded, or as downloaded before."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=DOWNLOADED))
    except GatedRepoError:
        raise PermissionError(
            f"{name}: accept the model's licence at https://huggingface.co/{name}, "
            "then log in with `hf auth login`"
        ) from None
    except RepositoryNotFoundError:
        raise ValueError(
            f"{unknown_name_message(name)} The Hugging Face hub has no public model of that name "
            f"either. {HUB_ADVICE}"
        ) from None
    except Exception as error:  # which HTTP library can fail here depends on the hub's version
        bundled = ", ".join(map(repr, bundled_names()))
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConnectionError(
            f"{name!r} is none of the bundled models ({bundled}), and could not be had from the "
            f"Hugging Face hub ({reason}). Check the name and the network, or use a bundled "
            f"model, or download it beforehand (`hf download {name} --local-dir DIRECTORY`) and "
            "give the path of the directory."
        ) from None


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


def read_network(directory: Path, device: torch.device) -> PreTrainedModel:
    """The Hugging Face model of a directory, in float32, with every weight finite.

    The configuration may carry `final_layer_norm_eps`, a key that Hugging
    Face ignores: the epsilon of the final LayerNorm alone, in the families
    whose entry in `architecture.FAMILIES` says where that norm is.

    Raises
    ------
    ValueError
        If the configuration is none that makes sense, the weights cannot be
        read, are not those of the configuration, or are NaN or infinite, or
        the model would need code of its own.
    """
    import torch
    from transformers import AutoModelForCausalLM

    from confidence_neurons.model.architecture import family_of

    own_epsilon = read_configuration(directory / "config.json").get("final_layer_norm_eps")
    _check_sizes(directory)
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            directory,
            dtype=torch.float32,
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
    for name, weights in network.named_parameters():
        if not weights.isfinite().all():
            raise ValueError(
                f"{directory}: expected finite weights, got NaN or infinity in {name}. "
                "The file is damaged, or the training diverged."
            )
    final_norm = family_of(network.config).final_norm
    if own_epsilon is not None and final_norm is not None:
        network.get_submodule(final_norm).eps = own_epsilon
    return network.to(device)


def _check_sizes(directory: Path) -> None:
    """Build the network without memory for its weights, and compare its size with the files."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config = AutoConfig.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        )
        with torch.device("meta"):
            network = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    except Exception as error:  # what fails depends on the architecture
        raise ValueError(
            f"{directory / 'config.json'}: no network can be built as it says: "
            f"{type(error).__name__}: {error}"
        ) from error
    check_sizes(network, stored_numbers(directory), directory)


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
