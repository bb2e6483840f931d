"""Load a model, ready to be measured."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confidence_neurons.checks import checked
from confidence_neurons.model.bundled import named_models
from confidence_neurons.model.configuration import check_sizes, check_tokenizer
from confidence_neurons.model.directory import (
    check_directory,
    describe,
    read_network,
    read_tokenizer,
    stored_numbers,
)
from confidence_neurons.model.finding import find_directory
from confidence_neurons.model.machine import need_memory
from confidence_neurons.model.memory import MemoryNeeded, type_held
from confidence_neurons.model.quiet import quiet

if TYPE_CHECKING:
    import torch
    from transformer_lens.model_bridge import TransformerBridge
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from confidence_neurons.model.light import LightModel


@checked
def available_models() -> list[str]:
    """Names of the models that load by name.

    The bundled ones, grown for the book, ship with the library and load
    without a network. "smollm2", a real one, is fetched on first use (93 MB)
    and kept in the user's cache.

    Returns
    -------
    list of str
        Bundled models, then those that are fetched once.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> cn.available_models()
    ['prose', 'prose-no-norm', 'smollm2']
    """
    return named_models()


@checked
def load_model(
    name: str | os.PathLike[str] = "prose",
    device: str | torch.device | None = None,
    *,
    revision: str | None = None,
) -> TransformerBridge:
    """Load a language model for measuring, in TransformerLens's compatibility mode.

    In that mode the gain of every norm is folded into the weights behind it,
    and, in LayerNorm models, the weights that write to the residual stream are
    centred. Logits move by a constant per position; log-probabilities are
    those of the Hugging Face model. Weights are in float32, frozen, and the
    model is in evaluation mode. TransformerLens copies weights on the way: see
    `memory_needed`, and `load_light` for a way that copies none. Nothing is
    printed, but for progress where a model is fetched or converted.

    Parameters
    ----------
    name : str or Path
        A model that loads by name (see `available_models`), the path of a
        directory in Hugging Face format, the path of a GGUF file (ending in
        ".gguf"), or the name of a model on the Hugging Face hub. Bundled and
        packaged names come first: write "./prose", or a Path, for a directory
        of that name.
    device : str or torch.device, optional
        Where to run, for example "cpu" or "cuda"; by default CUDA if there
        is one, else the CPU.
    revision : str, optional
        Branch, tag or commit of a model on the hub; by default its main
        branch.

    Returns
    -------
    TransformerBridge
        The model; `model.cfg` has its sizes, `model.tokenizer` its tokenizer.

    Raises
    ------
    ValueError
        If the name is unknown, a file fails its checksum, a GGUF file is
        damaged, the configuration makes no sense or fits neither weights nor
        tokenizer, the weights are damaged, incomplete or not finite, the model
        needs code of its own or is of an architecture that TransformerLens
        does not know, or the device is not there.
    NotImplementedError
        If a GGUF file holds a network of a family that is not read from it.
    FileNotFoundError
        If there is no such directory or file, or configuration, weights in
        safetensors or tokenizer are missing from the directory.
    PermissionError
        If the hub wants a licence accepted first.
    ConnectionError
        If hub or package index cannot be reached and the model was not
        downloaded before.
    MemoryError
        If the machine has less memory than loading needs.
    OSError
        If the cache cannot be written, or the disk is full.

    Notes
    -----
    A GPT-NeoX configuration may carry a key that Hugging Face ignores,
    `final_layer_norm_eps`: the epsilon of the final LayerNorm alone.

    Quantised weights of a GGUF file become the float32 numbers that they
    stand for, once: the converted model is kept in the user's cache, or where
    the environment variable CONFIDENCE_NEURONS_CACHE says.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose", device="cpu")
    >>> model.cfg.n_layers, model.cfg.d_model, model.cfg.d_mlp, model.cfg.d_vocab
    (3, 128, 512, 2048)
    """
    import torch

    place = _place(device)
    with quiet():
        directory = find_directory(name, revision)
        needed = _described(directory, torch.float32).load_model
        need_memory(needed, f"{name} (load_model copies weights, load_light does not)", place)
        network, tokenizer = _read(directory, place, torch.float32, None)
        return _boot(_known_as(name, directory), network, tokenizer, place)


@checked
def load_light(
    name: str | os.PathLike[str],
    *,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
    device_map: str | Mapping[str, Any] | None = None,
    revision: str | None = None,
) -> LightModel:
    """Load a language model for scanning, as the plain network that transformers has.

    Nothing is folded and no weight is copied, so that loading needs little
    more memory than the weights themselves. What reaches into attention heads
    needs `load_model`.

    Parameters
    ----------
    name : str or Path
        As in `load_model`.
    device : str or torch.device, optional
        Where to run; by default CUDA if there is one, else the CPU.
    dtype : str or torch.dtype, optional
        Type of the weights: "float32", "bfloat16" or "float16". By default as
        they are stored; bundled models, which ship in half precision to be
        small, in float32. What is measured is added up in float32 or more.
    device_map : str or mapping, optional
        How accelerate spreads the network over devices ("auto", or module ->
        device), instead of `device`.
    revision : str, optional
        As in `load_model`.

    Returns
    -------
    LightModel
        The model; `model.cfg` has its sizes, `model.tokenizer` its tokenizer.

    Raises
    ------
    ValueError, FileNotFoundError, PermissionError, ConnectionError, MemoryError, OSError
        As `load_model`.
    NotImplementedError
        If the model is of a family whose parts are not known, or a GGUF file
        holds a network of a family that is not read from it.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_light("prose", device="cpu")
    >>> model.cfg.n_layers, model.cfg.d_model, model.cfg.dtype
    (3, 128, torch.float32)
    """
    from confidence_neurons.model.light import LightModel

    place = _place(device)
    with quiet():
        directory = find_directory(name, revision)
        held: Any = dtype or type_held(name, directory)
        needed = _described(directory, held).load_light
        if device_map is None:
            need_memory(needed, str(name), place)
        network, tokenizer = _read(directory, place, held, device_map)
        return LightModel.of(network, tokenizer, _known_as(name, directory))


def _place(device: str | torch.device | None) -> torch.device:
    import torch

    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def _known_as(name: str | os.PathLike[str], directory: Path) -> str:
    return name if isinstance(name, str) else str(directory)


def _described(directory: Path, dtype: torch.dtype) -> MemoryNeeded:
    """What memory a directory's model needs, once it is known to be one."""
    check_directory(directory)
    network = describe(directory)
    check_sizes(network, stored_numbers(directory), directory)
    return MemoryNeeded.of_network(network, dtype.itemsize)


def _read(
    directory: Path,
    device: torch.device,
    dtype: torch.dtype,
    device_map: str | Mapping[str, Any] | None,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Network and tokenizer of a directory, which belong together."""
    network = read_network(directory, device, dtype, device_map)
    tokenizer = read_tokenizer(directory)
    embedding: Any = network.get_input_embeddings()
    check_tokenizer(tokenizer, len(embedding.weight), directory)
    return network, tokenizer


def _boot(
    name: str, network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, device: torch.device
) -> TransformerBridge:
    """Wrap a Hugging Face model, which is changed in place, in TransformerLens's bridge."""
    from transformer_lens.model_bridge import TransformerBridge

    try:
        model = TransformerBridge.boot_transformers(
            name, hf_model=network, tokenizer=tokenizer, device=device
        )
        model.enable_compatibility_mode()
    except Exception as error:  # what fails depends on the architecture
        raise ValueError(
            f"model {name!r}: expected an architecture that TransformerLens can wrap and fold, got "
            f"{type(network).__name__}: take another model ({type(error).__name__}: {error})"
        ) from error
    for block in model.blocks:
        if hasattr(block, "attn"):
            block.attn.register_forward_hook(_forget_pattern)
    final_eps = getattr(network.config, "final_layer_norm_eps", None)
    if final_eps is not None:
        # Under backward hooks the bridge reads epsilon here, otherwise from the module.
        model.ln_final.config = copy.copy(model.ln_final.config)
        model.ln_final.config.eps = final_eps
    return model.eval().requires_grad_(False)


def _forget_pattern(attention: Any, *_: object) -> None:
    """Drop the last attention pattern, which the bridge keeps and never reads.

    For long rows the patterns of all layers are larger than the model.
    """
    if getattr(attention, "_pattern", None) is not None:
        attention._pattern = None
