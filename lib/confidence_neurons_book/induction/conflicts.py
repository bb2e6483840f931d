"""Passages with words out of place: what the context says against what the model knows.

Both copies of a passage have the same odd words. In the second copy the
context says the odd word again, while the model's own knowledge says another.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model
from confidence_neurons_book.induction.responses import response, take_back

ODD, PROPER = "the odd word", "the proper word"


def with_odd_words(
    tokens: Int[Tensor, "batch position"], period: int, places: Sequence[int]
) -> Int[Tensor, "batch position"]:
    """Put words of other rows into both copies.

    Parameters
    ----------
    tokens : Int[Tensor, "batch position"]
        BOS and two copies of `period` tokens.
    period : int
        Length of a copy.
    places : sequence of int
        Where in the first copy, from 1 to `period`. Each takes the token that
        stands there in the next row that has another one.
    """
    odd = tokens.clone()
    for place in places:
        for row, ids in enumerate(tokens):
            others = (tokens[(row + step) % len(tokens), place] for step in range(1, len(tokens)))
            new = next(other for other in others if other != ids[place])
            odd[row, [place, place + period]] = new
    return odd


def before_odd_words(
    tokens: Int[Tensor, "batch position"], period: int, places: Sequence[int]
) -> Tensor:
    """The places of the second copy where an odd word comes next, for `State.at`."""
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    mask[:, [period + place - 1 for place in places]] = True
    return mask


def readings(
    model: Model, odd: cn.State, proper: Int[Tensor, "batch position"]
) -> dict[str, pd.DataFrame]:
    """What the model says of both words.

    Parameters
    ----------
    odd : State
        Of the text with odd words, counted where they come next.
    proper : Int[Tensor, "batch position"]
        The text without them.

    Returns
    -------
    dict of str to pd.DataFrame
        "the odd word" and "the proper word" -> as from `read`: its `loss`,
        and whether it is the first choice (`right`).
    """
    asked = {ODD: odd, PROPER: replace(odd, tokens=proper)}
    return {name: cn.read(model, state, ("loss", "right")) for name, state in asked.items()}


def conflict_effects(
    model: Model,
    odd: cn.State,
    places: Tensor,
    proper: Int[Tensor, "batch position"],
    period: int,
    groups: Mapping[Hashable, Sequence[int]],
) -> pd.DataFrame:
    """What taking the response to the second copy back does to both words.

    Returns
    -------
    pd.DataFrame
        As from `take_back`; a column `word` says whose loss it is.
    """
    first, second = (odd.at(copy) for copy in cn.induction.copy_masks(odd.tokens, period))
    asked = {ODD: odd.at(places), PROPER: replace(odd.at(places), tokens=proper)}
    of = response(second, first)
    return pd.concat(
        [take_back(model, state, of, groups).assign(word=name) for name, state in asked.items()],
        ignore_index=True,
    )


def break_even(cost: float, saved: float) -> float:
    """The share of copies that have to fail for hedging to pay: q saved = (1 - q) cost."""
    return cost / (cost + saved)
