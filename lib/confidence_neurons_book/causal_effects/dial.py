"""What the predictions of a text say where the final scale is turned: one unembedding for all."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.model.ends import Model
from confidence_neurons.model.output_map import output_map
from confidence_neurons.model.state import State

AT_ONCE = 2**20  # logits, which stay in the processor's cache
CLOSE = 0.0002  # nats between two mean entropies that are called equal
FARTHEST = 0.25  # step towards it: the slope is another one farther away
Told = dict[str, Float[Tensor, " token"]]


@dataclass(frozen=True)
class Dial:
    """The predictions of a text, to be read at any final scale.

    Attributes
    ----------
    heard
        The logits of the model left alone, without their bias: what the scale divides.
    bias
        What is added after the division.
    target
        The token that came next.
    """

    heard: Float[Tensor, "token d_vocab"]
    bias: Float[Tensor, " d_vocab"]
    target: Int[Tensor, " token"]

    @classmethod
    @torch.no_grad()
    def of(cls, model: Model, state: State) -> "Dial":
        """From a text that has been run."""
        end = output_map(model)
        logits = end.logits(state.residual[state.counted], state.scale[state.counted])
        return cls(logits.sub_(end.bias), end.bias, state.targets())

    def read(self, turn: Float[Tensor, "*token"]) -> Told:
        """What is predicted where the scale is the model's own times exp(turn).

        Parameters
        ----------
        turn
            One number, or one for each token.

        Returns
        -------
        `entropy` and `loss` in nats, `confidence`, `right` (1 or 0), and
        `slope`, by how much the entropy grows with the turn (exactly so where
        there is no bias).
        """
        factors = (-turn).exp().expand(len(self.heard))[:, None]
        columns = (self.heard, factors, self.target[:, None])
        tokens = max(1, AT_ONCE // len(self.bias))
        parts = zip(*(column.split(tokens) for column in columns), strict=True)
        read = [_told(heard * factor + self.bias, target) for heard, factor, target in parts]
        return {name: torch.cat([part[name] for part in read]) for name in read[0]}

    def matched(self, turn: Float[Tensor, "*token"], entropy: float) -> Told:
        """The same, with one more turn for all tokens that brings the mean entropy to a value."""
        turn = turn - turn.mean()  # near it
        told = self.read(turn)
        while abs(missing := entropy - float(told["entropy"].mean())) > CLOSE:
            step = missing / float(told["slope"].mean())
            turn = turn + max(-FARTHEST, min(FARTHEST, step))
            told = self.read(turn)
        return told


def _told(logits: Float[Tensor, "token d_vocab"], target: Int[Tensor, "token 1"]) -> Told:
    log_p = logits.log_softmax(dim=-1)
    top = log_p.max(dim=-1)
    weighted = log_p.exp().mul_(log_p)
    entropy = -weighted.sum(dim=-1)
    return {
        "entropy": entropy,
        "loss": -log_p.gather(-1, target).squeeze(-1),
        "confidence": top.values.exp(),
        "right": (top.indices == target.squeeze(-1)).float(),
        "slope": weighted.mul_(log_p).sum(dim=-1) - entropy**2,
    }
