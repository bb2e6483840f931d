"""Find a model's directory, wherever the model comes from: what is elsewhere is fetched first."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from confidence_neurons.files import sha256
from confidence_neurons.model.bundled import (
    is_bundled,
    named_models,
    nearest_names,
    unknown_name_message,
    verified_directory,
)
from confidence_neurons.model.cache import kept
from confidence_neurons.model.fetching import fetch
from confidence_neurons.model.packaged import PACKAGES

CONFIGURATION = ("config.json",)
DOWNLOADED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
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
