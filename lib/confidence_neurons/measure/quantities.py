"""What next-token distributions say of confidence: the one definition of each quantity.

Used by everything: `read` for a state, `read_logits` for logits, `compare` for
changes, the slow paths of `scan`. To add a quantity, add it to `QUANTITIES`.
Entropies, losses and divergences are in nats.

Axis names, here and in the whole library: `batch` (sequences), `position`
(tokens of a sequence), `token` (positions that count, row after row),
`d_model` (residual stream), `d_mlp` (neurons of a layer), `neuron` (some of
them), `d_vocab` (tokens of the vocabulary), `k` (dimensions of the null space).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.measure.distributions import entropy_of
from confidence_neurons.weights.unigram import Unigram


@dataclass(frozen=True)
class Prediction:
    """Next-token distributions, and what they are compared with.

    Attributes
    ----------
    log_p : Float[Tensor, "*batch d_vocab"]
        Log-probabilities.
    target : Int[Tensor, "*batch"], optional
        The token that came next.
    unigram : Unigram, optional
        The unigram distribution P_freq and its direction u.
    """

    log_p: Float[Tensor, "*batch d_vocab"]
    target: Int[Tensor, "*batch"] | None = None
    unigram: Unigram | None = None

    @classmethod
    def of(
        cls,
        logits: Float[Tensor, "*batch d_vocab"],
        target: Int[Tensor, "*batch"] | None = None,
        unigram: Unigram | None = None,
    ) -> "Prediction":
        """From logits."""
        return cls(logits.log_softmax(dim=-1), target, unigram)

    @cached_property
    def p(self) -> Float[Tensor, "*batch d_vocab"]:
        """Probabilities."""
        return self.log_p.exp()

    @cached_property
    def entropy(self) -> Float[Tensor, "*batch"]:
        """Entropy in nats."""
        return entropy_of(self.log_p)

    @cached_property
    def choice(self) -> Int[Tensor, "*batch"]:
        """The most probable token."""
        return self.log_p.argmax(dim=-1)

    @cached_property
    def of_target(self) -> Float[Tensor, "*batch"]:
        """Log-probability of the target."""
        assert self.target is not None
        return self.log_p.gather(-1, self.target.unsqueeze(-1)).squeeze(-1)

    def read(self, quantities: Iterable[str]) -> dict[str, Float[Tensor, "*batch"]]:
        """The value of each quantity."""
        return {name: QUANTITIES[name].compute(self) for name in quantities}


@dataclass(frozen=True)
class Quantity:
    """How a quantity is computed, and what it needs beside the logits."""

    compute: Callable[[Prediction], Float[Tensor, "*batch"]]
    needs_target: bool = False
    needs_unigram: bool = False


def _rank(prediction: Prediction) -> Tensor:
    higher = prediction.log_p > prediction.of_target.unsqueeze(-1)
    return 1 + higher.sum(dim=-1).to(prediction.log_p)


def _kl(prediction: Prediction) -> Tensor:
    assert prediction.unigram is not None
    frequency = prediction.unigram.probability
    return frequency @ frequency.log() - prediction.log_p @ frequency


def _kl_reverse(prediction: Prediction) -> Tensor:
    assert prediction.unigram is not None
    return -prediction.entropy - prediction.p @ prediction.unigram.probability.log()


def _projection(prediction: Prediction) -> Tensor:
    # u has mean zero, so log-probabilities and centred logits project alike.
    assert prediction.unigram is not None
    return prediction.log_p @ prediction.unigram.direction


def _right(prediction: Prediction) -> Tensor:
    return (prediction.choice == prediction.target).to(prediction.log_p)


QUANTITIES: dict[str, Quantity] = {
    # -sum p log p, in nats
    "entropy": Quantity(lambda prediction: prediction.entropy),
    # probability of the first choice
    "confidence": Quantity(lambda prediction: prediction.log_p.amax(dim=-1).exp()),
    # minus log-probability of the target, in nats
    "loss": Quantity(lambda prediction: -prediction.of_target, needs_target=True),
    # 1 where the target is the first choice; tokens that tie with it do not push it back
    "rank": Quantity(_rank, needs_target=True),
    # 1 where the first choice is the target, else 0
    "right": Quantity(_right, needs_target=True),
    # KL(P_freq || P_model), in nats: what Stolfo et al. 2024 (section 5) measure
    "kl": Quantity(_kl, needs_unigram=True),
    # KL(P_model || P_freq), in nats
    "kl_reverse": Quantity(_kl_reverse, needs_unigram=True),
    # of the logits, centred over the vocabulary, on the frequency direction u
    "projection": Quantity(_projection, needs_unigram=True),
}
