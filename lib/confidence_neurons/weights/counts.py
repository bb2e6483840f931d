"""How often each token stands in a text: counted, saved and loaded."""

import os
from collections.abc import Iterable
from pathlib import Path

import torch
from jaxtyping import Int
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.weights.unigram import check_vocabulary, unigram_distribution


def count_tokens(model: TransformerBridge, text: str | Iterable[str]) -> Int[Tensor, " d_vocab"]:
    """How often each token of the model's vocabulary stands in a text of your own.

    Parameters
    ----------
    text:
        One text, or several, encoded one by one as they stand, without
        special tokens. Several may come from a generator: only one is held.

    Raises
    ------
    TypeError
        If a text is not a string.
    ValueError
        If there is no text, it is empty, or the tokenizer gives ids that the
        model does not have.
    """
    d_vocab = model.cfg.d_vocab
    counts = torch.zeros(d_vocab, dtype=torch.int64)
    for one in [text] if isinstance(text, str) else text:
        if not isinstance(one, str):
            raise TypeError(f"expected text as str, got {type(one).__name__}: decode it first")
        ids = model.tokenizer(one, add_special_tokens=False, verbose=False)["input_ids"]
        found = torch.bincount(torch.tensor(ids, dtype=torch.int64), minlength=d_vocab)
        if len(found) > d_vocab:
            raise ValueError(
                f"expected token ids below {d_vocab}, got {len(found) - 1}: "
                "the tokenizer belongs to another model"
            )
        counts += found
    if not counts.any():
        raise ValueError("expected a text with tokens in it, got none: give a longer text")
    return counts


def save_counts(counts: Int[Tensor, " d_vocab"], path: str | os.PathLike[str]) -> None:
    """Write counts to a file for `load_counts`: safetensors, one tensor `counts`.

    Raises
    ------
    TypeError, ValueError
        If they are not counts; see `unigram_distribution`.
    """
    unigram_distribution(counts)
    save_file({"counts": counts.detach().cpu().contiguous()}, path)


def load_counts(path: str | os.PathLike[str], d_vocab: int) -> Int[Tensor, " d_vocab"]:
    """Read token counts of a vocabulary of `d_vocab` tokens, written by `save_counts`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a safetensors file with a tensor `counts`, or the counts
        belong to another vocabulary or are none.
    TypeError
        If the counts are not whole numbers.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: expected a file of counts, there is none")
    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path}: expected a safetensors file, got another one: {error}") from None
    if "counts" not in tensors:
        raise ValueError(f"{path}: expected a tensor named counts, got {sorted(tensors)}")
    check_vocabulary(tensors["counts"], d_vocab)
    unigram_distribution(tensors["counts"])
    return tensors["counts"]
