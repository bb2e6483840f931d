"""Changes of the output to second order, for all tokens and neurons by matrix products.

The most probable tokens of each prediction are measured exactly (`head`); the
rest by moments of the neurons' readings (`tail`); what the final scale alone
does is exact for both (`stretching`). With M and L the mass and the mean logit
of the whole,

    H' - H = log M - (L' - L),    loss' - loss = log M - d_target,
    KL(clean || ablated) = log M - E[d].

What is left out is of third order in the change of the tail's logits: see
`risk`. Where that may be too much, one neuron at one token, the ablation is
left to the exact way (see `pieces`).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.engine.exact import Changes
from confidence_neurons.engine.head import Head, HeadChanges, HeadSums
from confidence_neurons.engine.logits import Panel
from confidence_neurons.engine.readout import Ablations, Clean, Readout
from confidence_neurons.engine.stretching import Response, Rows, interpolated, response
from confidence_neurons.engine.tail import Tail

NEAR = 0.1  # below, a series
MOST_LOG_MASS = 3.0  # nats: beyond it, sums of changes lose digits as they cancel the clean mass


@dataclass(frozen=True)
class Estimate:
    """Changes of every token and neuron, and how far they may be off.

    Attributes
    ----------
    changes:
        As `exact_changes` without a unigram. `argmax_changed` looks at the head.
    risk:
        A size, in nats, that the error goes with.
    mean_reading:
        The neuron's mean reading under the clean distribution.
    """

    changes: Changes
    risk: Float[Tensor, "token neuron"]
    mean_reading: Float[Tensor, "token neuron"]


@torch.no_grad()
def second_order_changes(
    readout: Readout, clean: Clean, ablations: Ablations, panel: Panel
) -> Estimate:
    """Ablated minus clean, in nats; `panel` has each entry's readings side by side."""
    scaled = clean.scaled(readout)
    head = Head.of(clean, scaled)
    exact = HeadChanges.measure(readout, head, ablations, panel)
    tail = Tail.of(readout, clean, scaled, head, ablations, panel)
    stretch, push = ablations.stretch, ablations.push
    share = tail.log_mass.exp()

    def evaluate(rows: Rows, nodes: Float[Tensor, "row node"]) -> tuple[Tensor, ...]:
        level = clean.centred[rows]
        g = level if scaled is clean.centred else scaled[rows]
        of_tail = response(tail.log_p[rows], level, g, nodes)
        of_head = response(head.log_p[rows], head.centred[rows], head.scaled[rows], nodes)
        w, mean = share[rows], tail.mean[rows]
        in_tail, in_head = w * of_tail.log_mass.exp(), (1 - w) * of_head.log_mass.exp()
        grown = of_tail.log_mass.expm1() - of_head.log_mass.expm1()
        mass = w * grown + of_head.log_mass.expm1()
        logit = in_tail * of_tail.mean + in_head * of_head.mean + w * mean * grown
        return of_tail.log_mass, of_tail.mean, mass.log1p(), logit / (1 + mass)

    log_tail, mean_tail, log_all, mean_all = interpolated(stretch, evaluate, clean.rounding)
    none = torch.zeros_like(stretch)
    whole = _Whole(tail, push, none, none, none)
    direct = whole.changes(exact.direct)
    whole = _Whole(tail, push * (1 + stretch), stretch, log_tail, mean_tail)
    total = whole.changes(exact.total)

    target = ablations.target[:, None]
    of_target = panel.readings[:, ablations.target].T
    scaled_target = scaled.gather(1, target)
    mean_reading = exact.reading + share * tail.moments.q
    changes = {
        "entropy_total": total.log_mass - total.mean,
        "entropy_direct": direct.log_mass - direct.mean,
        "loss_total": total.log_mass - (whole.push * of_target + stretch * scaled_target),
        "loss_direct": direct.log_mass - push * of_target,
        "kl_from_clean": (total.log_mass - whole.push * mean_reading).clamp(min=0),
        "argmax_changed": exact.overtaken,
        "entropy_indirect": log_all - mean_all,
        "loss_indirect": log_all - stretch * scaled_target,
    }
    most = torch.maximum(total.log_mass.abs(), direct.log_mass.abs())
    sound = (most <= MOST_LOG_MASS) & total.mean.isfinite() & direct.mean.isfinite()
    risk = whole.risk(panel).masked_fill(~sound, torch.inf)
    return Estimate(changes, risk, mean_reading)


@dataclass(frozen=True)
class _Whole:
    """Head and tail put together, for a push b and a stretch e; `log_mass` and `mean` are A and Y.

    `mean` is short of the tail's clean mean.
    """

    tail: Tail
    push: Float[Tensor, "token neuron"]
    stretch: Float[Tensor, "token neuron"]
    log_mass: Float[Tensor, "token neuron"]
    mean: Float[Tensor, "token neuron"]

    @property
    def variance(self) -> Float[Tensor, "token neuron"]:
        """Of the readings over the tail."""
        moments = self.tail.moments
        return (moments.q_q + self.stretch * moments.l_q_q).clamp(min=0)

    @property
    def mean_reading(self) -> Float[Tensor, "token neuron"]:
        """Of the tail."""
        moments = self.tail.moments
        return moments.q + self.stretch * moments.g_q

    @property
    def grown(self) -> Float[Tensor, "token neuron"]:
        """Logarithm of the tail's mass, less that of the clean one."""
        b = self.push
        return self.log_mass + b * self.mean_reading + b.square() * self.variance / 2

    def changes(self, head: HeadSums) -> Response:
        """Of the whole vocabulary, from what the head adds to the tail."""
        moments, b, e = self.tail.moments, self.push, self.stretch
        mean_q, variance, log_mass = self.mean_reading, self.variance, self.grown
        along = moments.l_q + e * (moments.g_q + moments.l_g_q)
        own = b * along + b.square() * (1 + e) * moments.l_q_q / 2
        logit = self.mean + own + b * (mean_q + b * variance)
        share = self.tail.log_mass.exp()
        grown = (self.tail.log_mass + log_mass).exp()
        mass = head.mass + share * log_mass.expm1()
        moved = head.logit + grown * logit + share * log_mass.expm1() * self.tail.mean
        return Response(mass.log1p(), moved / (1 + mass))

    def risk(self, panel: Panel) -> Float[Tensor, "token neuron"]:
        """What the moments leave out of the tail's mass: a bound along q, the order across.

        With r the largest change by q in the tail, exp(d) - 1 - d - d^2 / 2 is
        at most d^2 (exp(r) - 1 - r - r^2 / 2) / r^2. To it comes what is of
        third order and mixes q with the stretch. Infinite where a sum is.
        """
        size = self.push.abs() * self.variance.sqrt()
        heat = self.stretch.abs() * self.tail.scaled_spread
        reach = self.push.abs() * (panel.reach + self.tail.moments.q.abs())
        series = reach / 6 + reach.square() / 24
        bound = (reach.expm1() - reach - reach.square() / 2) / reach.square()
        mixed = size * heat * (size + heat) / 2
        left_out = size.square() * torch.where(reach < NEAR, series, bound) + mixed
        return (self.tail.log_mass + self.grown.clamp(min=0)).exp() * left_out
