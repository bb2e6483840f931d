"""Read a model's directory, from this machine or the Hugging Face hub, and trust none of it.

Nothing is unpickled and no code from the directory is run: weights are read
from safetensors, and `trust_remote_code` is never set.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confidence_neurons.model.bundled import (
    bundled_names,
    nearest_names,
    unknown_name_message,
    verified_directory,
)

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl"}
VOCABULARIES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")
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
    if name in bundled_names():
        return verified_directory(str(name))
    text = str(name)
    directory = Path(name).expanduser()
    if text and directory.is_dir():
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
    ValueError
        If the weights are pickled.
    """
    if not (directory / "config.json").is_file():
        raise FileNotFoundError(f"{directory}: expected config.json, which is not there")
    if not any((directory / file).is_file() for file in WEIGHTS):
        pickles = sorted(path.name for path in directory.iterdir() if path.suffix in PICKLES)
        if pickles:
            raise ValueError(
                f"{directory}: expected weights in safetensors, got {', '.join(pickles)}. Pickled "
                "weights can run code when read and are refused: convert them to safetensors."
            )
        raise FileNotFoundError(
            f"{directory}: expected weights, model.safetensors, which are not there"
        )
    if not any((directory / file).is_file() for file in VOCABULARIES):
        raise FileNotFoundError(
            f"{directory}: expected a tokenizer ({', '.join(VOCABULARIES)}), which is not there. "
            "Copy the tokenizer's files from where the weights came from."
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

    A GPT-NeoX configuration may carry `final_layer_norm_eps`, a key that
    Hugging Face ignores: the epsilon of the final LayerNorm alone.

    Raises
    ------
    ValueError
        If the configuration or the weights cannot be read, weights are
        missing, NaN or infinite, or the model would need code of its own.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    kind = _read_config(directory).get("model_type")
    if kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise ValueError(
            f"{directory}: expected a causal language model that transformers knows, got "
            f"model_type {kind!r}. Code that comes with a model is never run."
        )
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            directory,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except (OSError, RuntimeError, SafetensorError, ValueError) as error:
        raise ValueError(
            f"{directory}: the model cannot be read. The files may be damaged "
            f"or incomplete (git-lfs pointers?): {error}"
        ) from error
    network, report = loaded
    if report["missing_keys"]:
        missing = ", ".join(sorted(report["missing_keys"]))
        raise ValueError(f"{directory}: the weights lack {missing}. Get the whole file again.")
    for name, weights in network.named_parameters():
        if not weights.isfinite().all():
            raise ValueError(
                f"{directory}: expected finite weights, got NaN or infinity in {name}. "
                "The file is damaged, or the training diverged."
            )
    final_eps = getattr(network.config, "final_layer_norm_eps", None)
    if final_eps is not None:
        network.gpt_neox.final_layer_norm.eps = final_eps
    return network.to(device)


def _read_config(directory: Path) -> dict[str, Any]:
    path = directory / "config.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: expected JSON, {error}") from error
