"""The most probable tokens of each prediction, whose part in any ablation is measured exactly."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.engine.logits import LOG2E, Panel
from confidence_neurons.engine.readout import Ablations, Clean, Readout
from confidence_neurons.engine.softmax import bytes_at_once

SIZE = 64


@dataclass(frozen=True)
class Head:
    """The likeliest entries of each token's prediction, the likeliest first.

    Attributes
    ----------
    entries:
        Which they are.
    centred, scaled:
        Their l and g (see `Clean`), in nats.
    log_p:
        Their log-probabilities, in bits.
    """

    entries: Int[Tensor, "token entry"]
    centred: Float[Tensor, "token entry"]
    scaled: Float[Tensor, "token entry"]
    log_p: Float[Tensor, "token entry"]

    @classmethod
    def of(cls, clean: Clean, scaled: Float[Tensor, "token d_vocab"]) -> "Head":
        """`SIZE` entries, or half of a small vocabulary."""
        size = min(SIZE, clean.centred.shape[1] // 2)
        centred, entries = clean.centred.topk(size, dim=-1)
        log_p = (centred - clean.entropy) * LOG2E
        return cls(entries, centred, scaled.gather(1, entries), log_p)


@dataclass(frozen=True)
class HeadSums:
    """Changes of sums over the head, for every token and neuron, in nats.

    Attributes
    ----------
    mass:
        Sum of p exp(d), less that of p, where d is the change of the logits.
    logit:
        Sum of p exp(d) (l + d), less that of p l.
    """

    mass: Float[Tensor, "token neuron"]
    logit: Float[Tensor, "token neuron"]


@dataclass(frozen=True)
class HeadChanges:
    """What ablations make of the head.

    Attributes
    ----------
    direct, total:
        With the scale frozen, and with its own.
    reading:
        Sum of p times the neuron's reading.
    overtaken:
        Whether another entry of the head becomes the likeliest.
    """

    direct: HeadSums
    total: HeadSums
    reading: Float[Tensor, "token neuron"]
    overtaken: Float[Tensor, "token neuron"]

    @classmethod
    def measure(
        cls, readout: Readout, head: Head, ablations: Ablations, panel: Panel
    ) -> "HeadChanges":
        """Exactly, some tokens at a time; `panel` has each entry's readings side by side."""
        found = ablations.push.new_empty(6, *ablations.push.shape)
        probability = head.log_p.exp2()
        step = max(1, bytes_at_once(found.device) // (found[0, 0].nbytes * head.entries.shape[1]))
        for first in range(0, len(head.entries), step):
            some = slice(first, first + step)
            push, stretch = ablations.push[some, None], ablations.stretch[some, None]
            p, level = probability[some, None], head.centred[some, None]
            change = panel.readings.T[head.entries[some]]
            found[0, some] = torch.bmm(p, change)[:, 0]
            change *= push
            found[1:3, some] = _sums(p, level, change)
            change.mul_(1 + stretch).addcmul_(head.scaled[some, :, None], stretch)
            found[3:5, some] = _sums(p, level, change)
            change += head.centred[some, :, None]
            found[5, some] = (change.amax(dim=1) > change[:, 0]).to(change)
        reading, direct_mass, direct_logit, mass, logit, overtaken = found
        direct, total = HeadSums(direct_mass, direct_logit), HeadSums(mass, logit)
        return cls(direct, total, reading, overtaken)


def _sums(
    p: Float[Tensor, "token 1 entry"],
    level: Float[Tensor, "token 1 entry"],
    change: Float[Tensor, "token entry neuron"],
) -> Float[Tensor, "2 token neuron"]:
    """`mass` and `logit` of `HeadSums`.

    Sums of p (exp(d) - 1): changes, good to some 1e-7.
    """
    growth = torch.mul(change, LOG2E).exp2_().sub_(1)
    mass, logit = torch.bmm(torch.cat([p, p * level], dim=1), growth).unbind(dim=1)
    moved = torch.bmm(p, growth.mul_(change).add_(change))[:, 0]
    return torch.stack([mass, logit + moved])
