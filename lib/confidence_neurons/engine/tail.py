"""All but the most probable tokens of each prediction, by moments.

An ablation changes the logits by d = e g + b q: b its push times 1 + e, q the
neuron's reading, e the stretch (0 where the scale is frozen) and g the part of
the logits that the scale divides. Over the tail of the vocabulary the
change by e alone is known exactly (see `stretching`). Around it, along q, the
log of the tail's mass has the cumulants of q as its derivatives. To second
order in b, and with first-order changes of the cumulants in e,

    log mass  = A(e) + b (m + e cov(g, q)) + b^2 (var(q) + e k) / 2,
    mean of q = m + e cov(g, q) + b (var(q) + e k),
    mean of l + e g = Y(e) + b (cov(l, q) + e cov(g, q) + e h) + b^2 k / 2,

where m and the (co)variances are those of the clean tail, k and h are the third
cumulants of l, q and q and of l, g and q, A and Y the exact values for b = 0.

Moments linear in q go through the unembedding first, E[q] = w (W p), which
costs d_model products a vocabulary entry; only the two quadratic ones need a
product of [token, d_vocab] with [d_vocab, neuron].
"""

from dataclasses import dataclass, replace
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.engine.head import Head
from confidence_neurons.engine.logits import LOG2E, Panel
from confidence_neurons.engine.readout import Ablations, Clean, Readout, row_dot
from confidence_neurons.engine.softmax import LN2

ENTRIES_AT_ONCE = 1024  # whose squared readings are held; more fit no cache
MANY_ENTRIES = 2**14


@dataclass(frozen=True)
class Tail:
    """The rest of the vocabulary at each token, as a distribution of its own.

    Attributes
    ----------
    log_mass:
        Logarithm of the tail's share of the clean distribution, in nats.
    log_p:
        Logarithm of the distribution over the tail, in bits; -inf for the head.
    mean:
        Mean of l over the tail.
    scaled_spread:
        Standard deviation of g over the tail.
    """

    log_mass: Float[Tensor, "token 1"]
    log_p: Float[Tensor, "token d_vocab"]
    mean: Float[Tensor, "token 1"]
    scaled_spread: Float[Tensor, "token 1"]
    moments: "Moments"

    @classmethod
    def of(
        cls,
        readout: Readout,
        clean: Clean,
        scaled: Float[Tensor, "token d_vocab"],
        head: Head,
        ablations: Ablations,
        panel: Panel,
    ) -> "Tail":
        """Everything that depends on the clean distribution; `panel` has readings by entry."""
        log_p = (clean.centred - clean.entropy).mul_(LOG2E).scatter_(1, head.entries, -torch.inf)
        highest = log_p.amax(dim=-1, keepdim=True)
        log_mass = (log_p - highest).exp2_().sum(dim=-1, keepdim=True).log2() + highest
        log_p -= log_mass
        p = log_p.exp2()
        mean, scaled_mean = row_dot(p, clean.centred), row_dot(p, scaled)
        weights = p.new_empty(2, *p.shape)
        weights[0] = p
        torch.sub(clean.centred, mean, out=weights[1]).mul_(p)
        moments = Moments.measure(readout, weights, ablations, panel)
        of_scaled, g_q = weights[1], moments.l_q
        if scaled is not clean.centred:
            torch.sub(scaled, scaled_mean, out=of_scaled).mul_(p)
            g_q = readout.pooled(of_scaled) @ ablations.w_out.T
        spread = row_dot(of_scaled, scaled).clamp(min=0).sqrt()
        both = of_scaled.mul_(clean.centred)
        l_g_q = readout.pooled(both) @ ablations.w_out.T
        l_g_q.sub_(mean * g_q).sub_(both.sum(dim=-1, keepdim=True) * moments.q)
        moments = replace(moments, g_q=g_q, l_g_q=l_g_q)
        return cls(log_mass * LN2, log_p, mean, spread, moments)


@dataclass(frozen=True)
class Moments:
    """Moments over the tail: means (q), covariances (two letters), third cumulants (three)."""

    q: Float[Tensor, "token neuron"]
    l_q: Float[Tensor, "token neuron"]
    g_q: Float[Tensor, "token neuron"]
    q_q: Float[Tensor, "token neuron"]
    l_q_q: Float[Tensor, "token neuron"]
    l_g_q: Float[Tensor, "token neuron"]

    @classmethod
    def measure(
        cls,
        readout: Readout,
        weights: Float[Tensor, "2 token d_vocab"],
        ablations: Ablations,
        panel: Panel,
    ) -> "Moments":
        """From p and p (l - E[l]); those with g are left out."""
        both = weights.flatten(0, 1)
        q, l_q = (readout.pooled(both) @ ablations.w_out.T).unflatten(0, weights.shape[:2])
        q_q, l_q_q = _means_of_squares(both, panel).unflatten(0, weights.shape[:2])
        q_q.sub_(q.square()).clamp_(min=0)
        return cls(q, l_q, l_q, q_q, l_q_q.sub_(2 * q * l_q), torch.zeros_like(q))


def _means_of_squares(
    weights: Float[Tensor, "row d_vocab"], panel: Panel
) -> Float[Tensor, "row neuron"]:
    """Weighted means of the squared readings; those of some entries at a time, in one buffer."""
    by_entry = panel.readings.T
    total = weights.new_zeros(len(weights), by_entry.shape[1])
    dtype = squares_dtype(by_entry)
    at_once = min(ENTRIES_AT_ONCE, len(by_entry))
    squares = by_entry.new_empty(at_once, by_entry.shape[1], dtype=dtype)
    for some, few in zip(
        weights.to(dtype).split(ENTRIES_AT_ONCE, dim=1),
        by_entry.split(ENTRIES_AT_ONCE),
        strict=True,
    ):
        total += some @ squares[: len(few)].copy_(few).square_()
    return total


def squares_dtype(by_entry: Float[Tensor, "d_vocab neuron"]) -> torch.dtype:
    """bfloat16 where it is twice as fast and there are enough entries for its rounding to cancel.

    It rounds each to 8 bits. The squares make the part of a change that is of
    second order, and their sums go over many entries: what is left of the
    rounding is some 1e-4 of an effect.
    """
    able = by_entry.device.type != "cpu" or _multiplies_bfloat16()
    many = by_entry.dtype == torch.float32 and len(by_entry) >= MANY_ENTRIES
    return torch.bfloat16 if able and many else by_entry.dtype


@cache
def _multiplies_bfloat16() -> bool:
    """Whether this processor has instructions for it; older versions of torch cannot tell."""
    able = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
