"""Sequences made to measure: corrupted prose, repeats of random tokens and of prose."""

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from confidence_neurons.text.rows import check_tokens, expect_at_least


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
    tokens:
        Left as it is; the result is a new tensor.
    rate:
        Probability of replacement, from 0 to 1.
    unigram:
        Probability or count of each token.
    seed:
        Decides which positions are replaced, and by what.

    Raises
    ------
    TypeError, ValueError
        If the tokens, the rate or the distribution are not of this form.
    """
    probabilities = _probabilities(unigram)
    check_tokens(tokens, len(probabilities))
    if not 0 <= rate <= 1:
        raise ValueError(f"expected a rate from 0 to 1, got {rate}")
    generator = torch.Generator().manual_seed(seed)
    replaced = torch.rand(tokens.shape, generator=generator) < rate
    replaced[:, 0] = False
    draws = torch.multinomial(
        probabilities, tokens.numel(), replacement=True, generator=generator
    ).view(tokens.shape)
    return torch.where(replaced.to(tokens.device), draws.to(tokens), tokens)


def repeated_random(
    d_vocab: int, period: int, copies: int = 2, count: int = 100, bos: int = 0, seed: int = 0
) -> Int[Tensor, "count position"]:
    """Rows of BOS and `period` random tokens, the latter repeated `copies` times.

    Tokens are uniform over the vocabulary without BOS; a row has
    1 + period * copies positions.

    Raises
    ------
    ValueError
        If a size is too small, or `bos` is not in the vocabulary.
    """
    expect_at_least("d_vocab", d_vocab, 2)
    expect_at_least("period", period, 1)
    expect_at_least("copies", copies, 1)
    expect_at_least("count", count, 1)
    if not 0 <= bos < d_vocab:
        raise ValueError(f"expected bos from 0 to {d_vocab - 1}, got {bos}")
    generator = torch.Generator().manual_seed(seed)
    segment = torch.randint(d_vocab - 1, (count, period), generator=generator)
    segment += segment >= bos
    tokens = torch.cat([torch.full((count, 1), bos), segment.repeat(1, copies)], dim=1)
    check_tokens(tokens, d_vocab)
    return tokens


def repeated_prose(
    tokens: Int[Tensor, "batch position"], period: int, copies: int = 2
) -> Int[Tensor, "batch repeated"]:
    """Rows of BOS and the first `period` tokens after it, the latter repeated `copies` times.

    Raises
    ------
    TypeError, ValueError
        If the tokens are not of the usual form, or have fewer than `period`
        positions after BOS, or the result has fewer than 3 positions.
    """
    check_tokens(tokens)
    expect_at_least("period", period, 1)
    expect_at_least("copies", copies, 1)
    if period > tokens.shape[1] - 1:
        raise ValueError(
            f"expected a period of at most {tokens.shape[1] - 1}, the tokens after BOS, "
            f"got {period}"
        )
    repeated = torch.cat([tokens[:, :1], tokens[:, 1 : 1 + period].repeat(1, copies)], dim=1)
    check_tokens(repeated)
    return repeated


def _probabilities(unigram: Shaped[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
    """In float64 on the CPU; not normalised, torch.multinomial does that."""
    if not isinstance(unigram, Tensor) or unigram.ndim != 1 or len(unigram) == 0:
        got = list(unigram.shape) if isinstance(unigram, Tensor) else type(unigram).__name__
        raise ValueError(f"expected unigram as a tensor [d_vocab], got {got}")
    probabilities = unigram.detach().cpu().double()
    if not probabilities.isfinite().all() or (probabilities < 0).any() or not probabilities.any():
        raise ValueError(
            "expected unigram probabilities or counts: finite, none negative, not all zero; got "
            f"values from {probabilities.min():g} to {probabilities.max():g}"
        )
    return probabilities
