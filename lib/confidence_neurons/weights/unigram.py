"""Token frequencies, counted in a text or a model's own, and the direction that leads to them."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.checks import CHECKS, Given
from confidence_neurons.checks.models import is_counts
from confidence_neurons.model.bundled import has_records
from confidence_neurons.model.ends import Model
from confidence_neurons.model.records import unigram_counts

TOKENS = 2**40
COUNTED = "token counts, one added to each"


@dataclass(frozen=True)
class Unigram:
    """Token frequencies P_freq and their direction u among the logits.

    log P_freq = (mean over the vocabulary) + spread * u: the unit vector u
    points from rare to frequent tokens (Stolfo et al. 2024, arXiv 2406.16254,
    section 5). P_freq may be counted in a text, or be a model's own: its mean
    prediction (`mean_prediction`). Wherever counts are an argument, either may
    be given.

    Attributes
    ----------
    probability : Float[Tensor, "d_vocab"]
        P_freq.
    direction : Float[Tensor, "d_vocab"]
        u, of length 1 and mean 0.
    spread : float
        Length of the centred log P_freq, in nats.
    mean_direction : float
        Mean of u under P_freq.
    restored : Float[Tensor, "d_vocab"]
        The direction whose clean projection the path "frequency" puts back:
        u, or another one as a control.
    source : str
        What the frequencies are.
    """

    probability: Float[Tensor, " d_vocab"]
    direction: Float[Tensor, " d_vocab"]
    spread: float
    mean_direction: float
    restored: Float[Tensor, " d_vocab"]
    source: str

    @classmethod
    def from_probability(cls, probability: Float[Tensor, " d_vocab"], source: str) -> "Unigram":
        """From a distribution, as it is.

        Raises
        ------
        ValueError
            If it is none, gives a token no probability, or all the same.
        """
        exact = probability.double()
        if not (exact > 0).all() or not torch.isclose(exact.sum(), exact.new_ones(())):
            raise ValueError(
                "expected a probability above 0 of each token, all together 1, got values from "
                f"{float(exact.min()):g} that add up to {float(exact.sum()):g}"
            )
        centred = exact.log() - exact.log().mean()
        if not centred.norm() > 0:
            raise ValueError("expected tokens of different probability, got all alike")
        direction = centred / centred.norm()
        return cls(
            exact.float(),
            direction.float(),
            float(centred.norm()),
            float(exact @ direction),
            direction.float(),
            source,
        )

    @classmethod
    def from_counts(cls, counts: Int[Tensor, " d_vocab"], source: str = COUNTED) -> "Unigram":
        """Smooth the counts by adding one to each: P_freq = (count + 1) / sum(count + 1)."""
        smoothed = counts.double() + 1
        return cls.from_probability(smoothed / smoothed.sum(), source)

    @classmethod
    def known_by(cls, counts: "Counts") -> "Unigram":
        """From counts; what is a Unigram already stays as it is."""
        return counts if isinstance(counts, Unigram) else cls.from_counts(counts)

    @classmethod
    def of(cls, model: Model, counts: "Counts | None") -> "Unigram":
        """From the counts, or else from those that ship for a model.

        Raises
        ------
        ValueError
            If there are neither.
        """
        known = counts_of(model) if counts is None else counts
        if known is None:
            raise ValueError(
                f"expected counts, got none, and {model.cfg.model_name} has none of its own: "
                "count the tokens of a text with count_tokens, or take the model's own "
                "frequencies, mean_prediction"
            )
        return cls.known_by(known).to(torch.empty(0, device=model.cfg.device))

    def to(self, like: Tensor) -> "Unigram":
        """The same on the device and in the precision of a tensor."""
        return replace(
            self,
            probability=self.probability.to(like),
            direction=self.direction.to(like),
            restored=self.restored.to(like),
        )

    def restoring(self, direction: Float[Tensor, " d_vocab"]) -> "Unigram":
        """The same, where another unit vector of logits is put back, as a control."""
        return replace(self, restored=direction.to(self.direction))

    def as_counts(self) -> Int[Tensor, " d_vocab"]:
        """Whole numbers in proportion to the frequencies, for what compares counts."""
        return (self.probability.double() * TOKENS).round().long()


Counts = Int[Tensor, " d_vocab"] | Unigram


def is_counts_or_unigram(value: object, given: Given) -> Counts:
    """Token counts, or a Unigram, of the model's vocabulary."""
    if isinstance(value, Unigram):
        if "model" in given and len(value.probability) != given["model"].cfg.d_vocab:
            raise ValueError(
                f"expected frequencies of {given['model'].cfg.d_vocab} tokens, got "
                f"{len(value.probability)}: they belong to another vocabulary"
            )
        return value
    return is_counts(value, given)


CHECKS["counts"] = is_counts_or_unigram


def counts_of(model: Model) -> Int[Tensor, " d_vocab"] | None:
    """The token counts that ship for a model that loads by name; None for any other."""
    name = model.cfg.model_name
    return unigram_counts(name) if has_records(name) else None
