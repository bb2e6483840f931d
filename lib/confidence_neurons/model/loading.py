"""Load a model, ready to be measured, and the records that come with it."""

from __future__ import annotations

import copy
import os
from typing import TYPE_CHECKING, Any

from confidence_neurons.checks import checked
from confidence_neurons.model.bundled import bundled_names, verified_file
from confidence_neurons.model.configuration import check_tokenizer
from confidence_neurons.model.directory import (
    check_directory,
    find_directory,
    read_network,
    read_tokenizer,
)
from confidence_neurons.model.quiet import quiet

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from jaxtyping import Int
    from torch import Tensor
    from transformer_lens.model_bridge import TransformerBridge
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@checked
def available_models() -> list[str]:
    """Names of the bundled models, which load without a network.

    Returns
    -------
    list of str
        Sorted.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> cn.available_models()
    ['prose', 'prose-no-norm']
    """
    return bundled_names()


@checked
def load_model(
    name: str | os.PathLike[str] = "prose", device: str | torch.device | None = None
) -> TransformerBridge:
    """Load a language model for measuring, in TransformerLens's compatibility mode.

    In that mode the gain of every norm is folded into the weights behind it,
    and, in LayerNorm models, the weights that write to the residual stream are
    centred. Logits move by a constant per position; log-probabilities are
    those of the Hugging Face model. Weights are in float32, frozen, and the
    model is in evaluation mode. Nothing is printed.

    Parameters
    ----------
    name : str or Path
        A bundled model (see `available_models`), or the path of a directory
        in Hugging Face format, or the name of a model on the Hugging Face
        hub. Bundled names come first: write "./prose", or a Path, for a
        directory of that name.
    device : str or torch.device, optional
        Where to run, for example "cpu" or "cuda"; by default CUDA if there
        is one, else the CPU.

    Returns
    -------
    TransformerBridge
        The model; `model.cfg` has its sizes, `model.tokenizer` its tokenizer.

    Raises
    ------
    ValueError
        If the name is unknown, a bundled file fails its checksum, the
        configuration makes no sense or fits neither weights nor tokenizer, the
        weights are damaged, incomplete or not finite, the model needs code of
        its own or is of an architecture that TransformerLens does not know, or
        the device is not there.
    FileNotFoundError
        If there is no such directory, or configuration, weights in
        safetensors or tokenizer are missing from it.
    PermissionError
        If the hub wants a licence accepted first.
    ConnectionError
        If the hub cannot be reached and the model was not downloaded before.

    Notes
    -----
    A GPT-NeoX configuration may carry a key that Hugging Face ignores,
    `final_layer_norm_eps`: the epsilon of the final LayerNorm alone.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose", device="cpu")
    >>> model.cfg.n_layers, model.cfg.d_model, model.cfg.d_mlp, model.cfg.d_vocab
    (3, 128, 512, 2048)
    """
    import torch

    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    with quiet():
        directory = find_directory(name)
        check_directory(directory)
        network = read_network(directory, torch.device(device))
        tokenizer = read_tokenizer(directory)
        embedding: Any = network.get_input_embeddings()
        check_tokenizer(tokenizer, len(embedding.weight), directory)
        known_as = name if isinstance(name, str) else str(directory)
        return _boot(known_as, network, tokenizer, torch.device(device))


@checked
def unigram_counts(name: str = "prose") -> Int[Tensor, " d_vocab"]:
    """How often each token stands in the training text of a bundled model.

    Parameters
    ----------
    name : str
        A bundled model.

    Returns
    -------
    Int[Tensor, " d_vocab"]
        Whole numbers, zero for tokens that never stand there.

    Raises
    ------
    ValueError
        If there is no such bundled model, or the file fails its checksum.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> cn.unigram_counts("prose").shape
    torch.Size([2048])
    """
    from safetensors.torch import load_file

    return load_file(verified_file(name, "unigram_counts.safetensors"))["counts"]


@checked
def growth_record(name: str = "prose") -> pd.DataFrame:
    """Measurements taken while a bundled model was trained.

    Parameters
    ----------
    name : str
        A bundled model.

    Returns
    -------
    pandas.DataFrame
        Tidy rows `step, measure, index, value`; `index` counts neurons,
        singular values or attention heads, and is 0 where there is one value
        only. Losses are in nats per token.

    Raises
    ------
    ValueError
        If there is no such bundled model, or the file fails its checksum.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> cn.growth_record("prose").columns.tolist()
    ['step', 'measure', 'index', 'value']
    """
    import pandas as pd

    # Older pandas rounds the last digit of decimals that it reads as numbers, not as text.
    table = pd.read_csv(verified_file(name, "growth.csv.gz"), dtype={"value": str})
    return table.astype({"value": float})


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
