"""The unigram distribution of a training text, and the direction in the logits that leads to it."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.model.bundled import is_bundled
from confidence_neurons.model.ends import Model
from confidence_neurons.model.loading import unigram_counts


@dataclass(frozen=True)
class Unigram:
    """Token frequencies P_freq and their direction u among the logits.

    P_freq = (count + 1) / sum(count + 1), and
    log P_freq = (mean over the vocabulary) + spread * u: the unit vector u
    points from rare to frequent tokens (Stolfo et al. 2024, arXiv 2406.16254,
    section 5).

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
    """

    probability: Float[Tensor, " d_vocab"]
    direction: Float[Tensor, " d_vocab"]
    spread: float
    mean_direction: float
    restored: Float[Tensor, " d_vocab"]

    @classmethod
    def from_counts(cls, counts: Int[Tensor, " d_vocab"]) -> "Unigram":
        """Smooth the counts by adding one to each."""
        smoothed = counts.double() + 1
        probability = smoothed / smoothed.sum()
        centred = probability.log() - probability.log().mean()
        direction = centred / centred.norm()
        return cls(
            probability.float(),
            direction.float(),
            float(centred.norm()),
            float(probability @ direction),
            direction.float(),
        )

    @classmethod
    def of(cls, model: Model, counts: Int[Tensor, " d_vocab"] | None) -> "Unigram":
        """From the counts, or else from those that ship with a bundled model.

        Raises
        ------
        ValueError
            If there are neither.
        """
        known = counts_of(model) if counts is None else counts
        if known is None:
            raise ValueError(
                f"expected counts, got none, and {model.cfg.model_name} has none of its own: "
                "count the tokens of a text with count_tokens"
            )
        return cls.from_counts(known).to(torch.empty(0, device=model.cfg.device))

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


def counts_of(model: Model) -> Int[Tensor, " d_vocab"] | None:
    """The token counts that ship with a bundled model; None for any other."""
    name = model.cfg.model_name
    return unigram_counts(name) if is_bundled(name) else None
