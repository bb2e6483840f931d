"""Texts of several kinds, in rows: the book's passages, what was done to them, and strangers."""

from importlib.resources import files

import torch
from jaxtyping import Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model

CLEAN, NOISE, SHUFFLED = "clean prose", "half noise", "shuffled prose"
STRANGERS = {"Python": "python.txt", "German": "german.txt", "French": "french.txt"}
FOLDER = files("confidence_neurons_book") / "causal_effects" / "texts"


def kinds_of_text(
    model: Model, length: int, count: int
) -> dict[str, Int[Tensor, "batch position"]]:
    """As many rows, or as many as there are, of each kind of text.

    The prose is the book's passages, every second row of them: those on which
    no neuron was chosen. Half noise is the same rows with half of their tokens
    replaced by draws from the unigram distribution, shuffled prose the same
    rows with the tokens of each in another order. The Python is taken from
    this library; the German letter and the French report were written for
    this chapter.

    Parameters
    ----------
    model
        From `cn.load_model` or `cn.load_light`.
    length
        Tokens in a row, BOS included.
    count
        The most rows of each kind, spread over the text.

    Returns
    -------
    Kind -> rows of tokens.
    """
    prose = _spread(cn.prose_tokens(model, length)[1::2], count)
    counts = cn.unigram_counts(str(model.cfg.model_name))
    found = {CLEAN: prose, NOISE: cn.corrupt(prose, 0.5, counts), SHUFFLED: shuffled(prose)}
    for kind, file in STRANGERS.items():
        text = (FOLDER / file).read_text(encoding="utf-8")
        found[kind] = _spread(cn.tokens_from_text(model, text, length), count)
    return found


def chosen_on(model: Model, length: int, count: int) -> Int[Tensor, "batch position"]:
    """As many of the rows on which neurons were chosen: what rests, rests at its mean there."""
    return _spread(cn.prose_tokens(model, length)[::2], count)


def shuffled(tokens: Int[Tensor, "batch position"], seed: int = 0) -> Int[Tensor, "batch position"]:
    """Each row's tokens in another order; BOS stays where it is."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(tokens[:, 1:].shape, generator=generator).argsort(dim=1)
    return torch.cat([tokens[:, :1], tokens[:, 1:].gather(1, order)], dim=1)


def _spread(rows: Int[Tensor, "batch position"], count: int) -> Int[Tensor, "few position"]:
    """At most so many rows, as far apart as they can be."""
    return rows if len(rows) <= count else rows[torch.linspace(0, len(rows) - 1, count).long()]
