"""The unigram distribution and the direction in the logits that leads to it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.weights.unembedding import gram

ROUNDING = 1e-6
INTEGERS = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


def unigram_distribution(counts: Int[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
    """Token frequencies with add-one smoothing: (count + 1) / sum(count + 1).

    Raises
    ------
    TypeError
        If counts are no tensor of whole numbers.
    ValueError
        If counts are not a vector, are negative, or are all zero.
    """
    check_counts(counts)
    if counts.ndim != 1:
        raise ValueError(f"expected counts [d_vocab], got shape {tuple(counts.shape)}")
    if (counts < 0).any():
        raise ValueError("counts must not be negative")
    if not counts.any():
        raise ValueError("all counts are zero: count the tokens of a text first")
    smoothed = counts.double() + 1
    return (smoothed / smoothed.sum()).float()


def check_counts(counts: Int[Tensor, " d_vocab"]) -> None:
    """Refuse what is no tensor of whole numbers: lists, floats (which can be NaN), truth values.

    Raises
    ------
    TypeError
        If they are of another type.
    """
    if not isinstance(counts, Tensor):
        raise TypeError(f"expected counts as a torch.Tensor, got {type(counts).__name__}")
    if counts.dtype not in INTEGERS:
        raise TypeError(
            f"expected counts of an integer type, got {counts.dtype}: "
            "count the tokens of a text with frequency.count_tokens"
        )


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


@dataclass(frozen=True)
class Unigram:
    """The unigram distribution P_freq and its direction u, ready to be compared with.

    log p_freq = (mean over the vocabulary) + spread * u.

    Attributes
    ----------
    probability, direction:
        P_freq and the unit vector u.
    spread:
        Length of the centred log p_freq, in nats.
    mean_direction:
        Mean of u under P_freq.
    """

    probability: Float[Tensor, " d_vocab"]
    direction: Float[Tensor, " d_vocab"]
    spread: float
    mean_direction: float

    @classmethod
    def from_counts(
        cls, counts: Int[Tensor, " d_vocab"], d_vocab: int, device: torch.device | str = "cpu"
    ) -> "Unigram":
        """Smooth the counts of a vocabulary of `d_vocab` tokens.

        Raises
        ------
        ValueError
            As `frequency_direction`; also if the counts belong to another vocabulary.
        """
        check_vocabulary(counts, d_vocab)
        probability, direction = unigram_distribution(counts), frequency_direction(counts)
        return cls(
            probability=probability.to(device),
            direction=direction.to(device),
            spread=float(probability.double().log() @ direction.double()),
            mean_direction=float(probability.double() @ direction.double()),
        )

    def to(self, dtype: torch.dtype) -> "Unigram":
        """The same in another precision."""
        probability, direction = self.probability.to(dtype), self.direction.to(dtype)
        return Unigram(probability, direction, self.spread, self.mean_direction)


def check_vocabulary(counts: Int[Tensor, " d_vocab"], d_vocab: int) -> None:
    """Refuse counts that are not one whole number for each token of the vocabulary.

    Raises
    ------
    TypeError
        If they are no tensor of whole numbers.
    ValueError
        If their number is another one.
    """
    check_counts(counts)
    if len(counts) != d_vocab:
        raise ValueError(
            f"expected counts for {d_vocab} tokens, got {len(counts)}: "
            "they belong to another vocabulary"
        )


def frequency_cosine(
    w_out: Float[Tensor, "neuron d_model"],
    unembedding: Float[Tensor, "d_model d_vocab"],
    counts: Int[Tensor, " d_vocab"],
) -> Float[Tensor, " neuron"]:
    """Cosine, in logit space, between a neuron's direct effect and u.

    The direct effect of neuron n on the logits is w_out W_U, up to the final
    scale. Positive: the neuron's output favours frequent tokens. 0 for a
    neuron without a direct effect: one no longer than `ROUNDING` times what
    its norm would allow is the rounding of single precision.

    Raises
    ------
    ValueError
        If the counts belong to another vocabulary.
    """
    check_vocabulary(counts, unembedding.shape[1])
    neurons = w_out.double()
    along = neurons @ (unembedding @ frequency_direction(counts).to(unembedding)).double()
    squared_length = ((neurons @ gram(unembedding)) * neurons).sum(dim=-1)
    length = squared_length.clamp(min=0).sqrt()
    negligible = ROUNDING * neurons.norm(dim=-1) * unembedding.double().norm()
    return (along / length.where(length > negligible, torch.inf)).to(w_out.dtype)
