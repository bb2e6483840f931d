"""Find a model's directory, wherever the model comes from; read it, and trust none of it.

Nothing is unpickled and no code from the directory is run: weights are read
from safetensors, and `trust_remote_code` is never set.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confidence_neurons.files import sha256
from confidence_neurons.model.bundled import (
    is_bundled,
    named_models,
    nearest_names,
    unknown_name_message,
    verified_directory,
)
from confidence_neurons.model.cache import kept
from confidence_neurons.model.configuration import (
    check_finite,
    check_weights,
    read_configuration,
)
from confidence_neurons.model.fetching import fetch
from confidence_neurons.model.packaged import PACKAGES

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
NEEDED = {
    "a configuration": ("config.json",),
    "weights in safetensors (others are not read: pickles can run code)": WEIGHTS,
    "a tokenizer": ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model"),
}
CONFIGURATION = ["config.json"]
DOWNLOADED = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
GGUF = ".gguf"
DIGITS = 16  # of a file's SHA-256, in the name of what is made from it
HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
HUB_ADVICE = (
    "For a model from the Hugging Face hub give its full name ('gpt2', 'EleutherAI/pythia-160m'); "
    "for a local one, the path of its directory or of its .gguf file."
)


def find_directory(
    name: str | os.PathLike[str], revision: str | None = None, only: Sequence[str] = DOWNLOADED
) -> Path:
    """Where the model of this name lies; one from elsewhere is fetched first, and kept.

    A name without an owner that looks like a known one is taken for a slip,
    and the hub is not asked for it. Of a model on the hub the files are
    downloaded whose names match the patterns of `only`.

    Raises
    ------
    ValueError
        If the name is unknown, a file fails its checksum, a GGUF file is
        damaged, or a revision is given for what has none.
    NotImplementedError
        If a GGUF file holds a network that cannot be read.
    FileNotFoundError
        If the name is a path, and nothing is there.
    PermissionError
        If the hub wants a licence accepted first.
    ConnectionError
        If hub or package index cannot be reached and the model was not
        downloaded before.
    OSError
        If the cache cannot be written.
    """
    text = str(name)
    here = _find_here(name, text)
    if here is None:
        return _download(text, revision, only)
    if revision is not None:
        raise ValueError(
            f"{text}: expected a revision for a model from the Hugging Face hub alone, got "
            f"{revision!r}: leave it out"
        )
    return here


def _find_here(name: str | os.PathLike[str], text: str) -> Path | None:
    """Directory of a model that is not the hub's; None if the name can only be one of the hub."""
    if isinstance(name, str) and is_bundled(name):
        return verified_directory(name)
    if isinstance(name, str) and name in PACKAGES:
        return fetch(name)
    path = Path(os.path.expanduser(name))  # leaves an unknown user's as it is
    if path.is_dir():
        return path.resolve()
    if path.is_file():
        return _converted(path.resolve())
    if (
        isinstance(name, os.PathLike)
        or text.startswith((".", "~"))
        or path.is_absolute()
        or path.suffix == GGUF
    ):
        raise FileNotFoundError(f"{text}: there is no such directory or file")
    if not HUB_NAME.fullmatch(text) or ("/" not in text and nearest_names(text)):
        raise ValueError(f"{unknown_name_message(text)} {HUB_ADVICE}")
    return None


def _converted(path: Path) -> Path:
    """Directory that a GGUF file was converted into, which the cache keeps."""
    if path.suffix != GGUF:
        raise ValueError(
            f"{path}: expected a directory in Hugging Face format or a .gguf file, got another file"
        )
    digest = sha256(path)
    source = {"gguf": path.name, "gguf_sha256": digest}
    return kept(f"gguf-{digest[:DIGITS]}", source, obtain=lambda workshop: path)


def _download(name: str, revision: str | None, only: Sequence[str]) -> Path:
    """Directory of a model from the hub: downloaded, or as downloaded before."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=list(only)))
    except GatedRepoError:
        raise PermissionError(
            f"{name}: accept the model's licence at https://huggingface.co/{name}, "
            "then log in with `hf auth login`"
        ) from None
    except RevisionNotFoundError:
        raise ValueError(
            f"{name}: expected a revision (branch, tag or commit) of this model, got {revision!r}: "
            f"look at https://huggingface.co/{name}/tree/main"
        ) from None
    except RepositoryNotFoundError:
        raise ValueError(
            f"{unknown_name_message(name)} The Hugging Face hub has no public model of that name "
            f"either. {HUB_ADVICE}"
        ) from None
    except Exception as error:  # which HTTP library can fail here depends on the hub's version
        known = ", ".join(map(repr, named_models()))
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConnectionError(
            f"{name!r} is none of the models that load by name ({known}), and could not be had "
            f"from the Hugging Face hub ({reason}). Check the name and the network, or use a "
            f"bundled model, or download it beforehand (`hf download {name} --local-dir "
            "DIRECTORY`) and give the path of the directory."
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
