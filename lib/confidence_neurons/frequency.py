"""The unigram distribution and the direction in the logits that leads to it."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.unembedding import gram

ROUNDING = 1e-6


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
    ValueError
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


def check_vocabulary(counts: Int[Tensor, " d_vocab"], d_vocab: int) -> None:
    """Refuse counts that are not one for each token of the vocabulary.

    Raises
    ------
    ValueError
        If their number is another one.
    """
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
