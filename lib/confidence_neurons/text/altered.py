"""Sequences made to measure: corrupted prose, repeats of random tokens and prose, broken ones."""

import torch
from jaxtyping import Int, Shaped
from torch import Tensor

from confidence_neurons.checks import checked


@checked
def corrupt(
    tokens: Int[Tensor, "batch position"],
    rate: float,
    unigram: Shaped[Tensor, " d_vocab"],
    seed: int = 0,
) -> Int[Tensor, "batch position"]:
    """Replace a share of the tokens by independent draws from the unigram distribution.

    Each position but the first is replaced with probability `rate`; a draw may
    happen to equal the token it replaces. With one seed, what is replaced at a
    lower rate is replaced, by the same draws, at a higher one.

    Parameters
    ----------
    tokens : Int[Tensor, "batch position"]
        Rows of token ids; left as they are.
    rate : float
        Probability of replacement, from 0 to 1.
    unigram : Shaped[Tensor, " d_vocab"]
        Probability or count of each token of the vocabulary.
    seed : int
        Decides which positions are replaced, and by what.

    Returns
    -------
    Int[Tensor, "batch position"]
        The corrupted rows, a new tensor.

    Examples
    --------
    >>> import confidence_neurons as cn, torch
    >>> tokens = torch.tensor([[0, 1, 1, 1, 1, 1]])
    >>> cn.corrupt(tokens, 0.5, torch.tensor([0, 0, 0, 1]))
    tensor([[0, 1, 3, 3, 3, 1]])
    """
    generator = torch.Generator().manual_seed(seed)
    replaced = torch.rand(tokens.shape, generator=generator) < rate
    replaced[:, 0] = False
    probabilities = unigram.detach().cpu().double()  # multinomial normalises them
    draws = torch.multinomial(
        probabilities, tokens.numel(), replacement=True, generator=generator
    ).view(tokens.shape)
    return torch.where(replaced.to(tokens.device), draws.to(tokens), tokens)


@checked
def repeated_random(
    d_vocab: int, period: int, copies: int = 2, count: int = 100, bos: int = 0, seed: int = 0
) -> Int[Tensor, "count position"]:
    """Rows of BOS and random tokens, the latter repeated.

    Parameters
    ----------
    d_vocab : int
        Size of the vocabulary; the tokens are uniform over it, without BOS.
    period : int
        How many tokens are repeated.
    copies : int
        How often they stand in a row.
    count : int
        How many rows to make.
    bos : int
        Id of the beginning-of-sequence token.
    seed : int
        Decides the tokens.

    Returns
    -------
    Int[Tensor, "count position"]
        Token ids; a row has 1 + period * copies positions.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> cn.repeated_random(d_vocab=50, period=3, count=1)
    tensor([[ 0, 12, 39, 43, 12, 39, 43]])
    """
    generator = torch.Generator().manual_seed(seed)
    segment = torch.randint(d_vocab - 1, (count, period), generator=generator)
    segment += segment >= bos
    return torch.cat([torch.full((count, 1), bos), segment.repeat(1, copies)], dim=1)


@checked
def repeated_prose(
    tokens: Int[Tensor, "batch position"], period: int, copies: int = 2
) -> Int[Tensor, "batch repeated"]:
    """Rows of BOS and the first tokens after it, the latter repeated.

    Parameters
    ----------
    tokens : Int[Tensor, "batch position"]
        Rows that begin with BOS; left as they are.
    period : int
        How many tokens after BOS are repeated, at most all of them.
    copies : int
        How often they stand in a row.

    Returns
    -------
    Int[Tensor, "batch repeated"]
        Token ids; a row has 1 + period * copies positions.

    Examples
    --------
    >>> import confidence_neurons as cn, torch
    >>> cn.repeated_prose(torch.tensor([[0, 5, 6, 7]]), period=2)
    tensor([[0, 5, 6, 5, 6]])
    """
    return torch.cat([tokens[:, :1], tokens[:, 1 : 1 + period].repeat(1, copies)], dim=1)


@checked
def break_repeats(
    tokens: Int[Tensor, "batch position"],
    period: int,
    d_vocab: int,
    margin: int = 6,
    seed: int = 0,
) -> tuple[Int[Tensor, "batch position"], Int[Tensor, " batch"]]:
    """Replace one token of each second copy by another one, drawn at random.

    In an unbroken repeat a model that copies is nearly always right. The
    prediction of a token that was replaced cannot be right but by luck.

    Parameters
    ----------
    tokens : Int[Tensor, "batch position"]
        BOS and two copies of `period` tokens; left as they are.
    period : int
        How many tokens are repeated.
    d_vocab : int
        Size of the vocabulary; the new token is any but BOS and the old one.
    margin : int
        How many tokens of the second copy are left alone at either end.
    seed : int
        Decides which tokens are replaced, and by what.

    Returns
    -------
    broken : Int[Tensor, "batch position"]
        The broken rows, a new tensor.
    position : Int[Tensor, " batch"]
        Where the new token stands in each.

    Raises
    ------
    ValueError
        If the rows are not BOS and two copies, or the margins leave no place.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> tokens = cn.repeated_random(d_vocab=50, period=3, count=1)
    >>> cn.break_repeats(tokens, period=3, d_vocab=50, margin=1)
    (tensor([[ 0, 12, 39, 43, 12,  6, 43]]), tensor([5]))
    """
    need_copies(tokens, period)
    places = period - 2 * margin
    if places < 1 or d_vocab < 3:
        raise ValueError(
            f"expected a margin from 1 to {(period - 1) // 2} in copies of {period} tokens, and a "
            f"vocabulary of 3 or more, got a margin of {margin} and {d_vocab} tokens"
        )
    generator = torch.Generator().manual_seed(seed)
    count = len(tokens)
    position = period + 1 + margin + torch.randint(places, (count,), generator=generator)
    shift = torch.randint(1, d_vocab - 1, (count,), generator=generator)
    rows = torch.arange(count)
    broken = tokens.clone()
    bos = int(tokens[0, 0])
    others = d_vocab - 1  # tokens but BOS, numbered from BOS + 1 around
    place = (broken[rows, position].cpu() - bos - 1) % d_vocab
    replaced = (bos + 1 + (place + shift) % others) % d_vocab
    broken[rows, position] = replaced.to(broken)
    return broken, position


def need_copies(tokens: Int[Tensor, "batch position"], period: int) -> None:
    """Refuse what is not BOS and two equal copies of `period` tokens.

    Raises
    ------
    ValueError
        If the rows have another length, or the copies differ.
    """
    length = tokens.shape[1]
    if length != 2 * period + 1 or not torch.equal(tokens[:, 1 : period + 1], tokens[:, -period:]):
        got = f"{length} positions" if length != 2 * period + 1 else "copies that differ"
        raise ValueError(
            f"expected BOS and two copies of {period} tokens ({2 * period + 1} positions), "
            f"got {got}: make them with repeated_random or repeated_prose"
        )
