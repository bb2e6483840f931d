"""The unigram distribution and the direction in the logits that leads to it."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def unigram_distribution(counts: Int[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
    """Token frequencies with add-one smoothing: (count + 1) / sum(count + 1).

    Raises
    ------
    ValueError
        If counts are not a vector, are negative, or are all zero.
    """
    if counts.ndim != 1:
        raise ValueError(f"expected counts [d_vocab], got shape {tuple(counts.shape)}")
    if (counts < 0).any():
        raise ValueError("counts must not be negative")
    if not counts.any():
        raise ValueError("all counts are zero: count the tokens of a text first")
    smoothed = counts.double() + 1
    return (smoothed / smoothed.sum()).float()


def frequency_direction(counts: Int[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
    """Unit vector u in logit space that points from rare to frequent tokens.

    u is log p_freq - mean(log p_freq), normalised; p_freq is the smoothed
    unigram distribution (Stolfo et al. 2024, section 5).

    Raises
    ------
    ValueError
        As `unigram_distribution`; also if all tokens are alike frequent.
    """
    log_p = unigram_distribution(counts).double().log()
    if (counts == counts[0]).all():
        raise ValueError("expected counts that differ, got all alike: they point nowhere")
    centred = log_p - log_p.mean()
    return (centred / centred.norm()).float()


def frequency_cosine(
    w_out: Float[Tensor, "neuron d_model"],
    unembedding: Float[Tensor, "d_model d_vocab"],
    counts: Int[Tensor, " d_vocab"],
) -> Float[Tensor, " neuron"]:
    """Cosine, in logit space, between a neuron's direct effect and u.

    The direct effect of neuron n on the logits is w_out W_U, up to the final
    scale. Positive: the neuron's output favours frequent tokens.

    Raises
    ------
    ValueError
        If the counts belong to another vocabulary.
    """
    if len(counts) != unembedding.shape[1]:
        raise ValueError(
            f"expected counts for {unembedding.shape[1]} tokens, got {len(counts)}: "
            "they belong to another vocabulary"
        )
    effects = torch.nn.functional.normalize(w_out @ unembedding, dim=-1)
    return effects @ frequency_direction(counts).to(effects)
