"""How often each token stands in a text."""

from collections.abc import Iterable, Iterator

import torch
from jaxtyping import Int
from torch import Tensor

from confidence_neurons.checks import CHECKS, Given, as_list, checked, is_text
from confidence_neurons.model.ends import Model


def is_texts(value: object, given: Given) -> Iterable[str]:
    """One text, or several, which may come from a generator: only one is held at a time."""
    if isinstance(value, Iterator):
        return (is_text(one, given) for one in value)
    texts = [value] if isinstance(value, str) else as_list(value, "texts")
    return [is_text(one, given) for one in texts]


CHECKS["texts"] = is_texts


@checked
def count_tokens(model: Model, texts: str | Iterable[str]) -> Int[Tensor, " d_vocab"]:
    """How often each token of the model's vocabulary stands in a text of your own.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    texts : str or iterable of str
        One text, or several, encoded one by one as they stand, without
        special tokens. Several may come from a generator: only one is held.

    Returns
    -------
    Int[Tensor, "d_vocab"]
        For the argument `counts` of other functions.

    Raises
    ------
    ValueError
        If there is no text, or the tokenizer gives ids that the model does
        not have.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> int(cn.count_tokens(cn.load_model("prose"), "She was not there, and he was.").sum())
    9
    """
    d_vocab = model.cfg.d_vocab
    counts = torch.zeros(d_vocab, dtype=torch.int64)
    for text in texts:
        ids = model.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
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
