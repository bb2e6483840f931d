"""Changes of the output to second order, for all tokens and neurons by matrix products.

An ablation changes the logits by d = e g + b q (see `readout`): q is the
neuron's reading, b = delta / s' its push (delta / s where the scale is
frozen), g = l - c the part of the clean logits that the scale divides, and
e = s / s' - 1 the stretch (0 where the scale is frozen). Along l + t d the
log-partition function has the cumulants of d under softmax(l + t d) as its
derivatives, and H = log Z - E[l + t d]. To second order, at t = 1, with
moments under the clean distribution and k3 the third mixed cumulant,

    log Z' - log Z = E[d] + Var(d) / 2
    H' - H = -Cov(l, d) - (Var(d) + k3(l, d, d)) / 2
    loss' - loss = E[d] + Var(d) / 2 - d_target
    KL(clean || ablated) = Var(d) / 2.

All of these are polynomials in e and b, whose coefficients are moments of
l, g and q. The next term is of third order in d: the error grows with the
cube of the change. So ablations that change the logits strongly, neurons on
the tokens where they fire, are left to the exact way (see `engine`).

Moments linear in q go through the unembedding first, E[q] = w (W p),
which costs d_model and not d_mlp products per vocabulary entry; only the two
quadratic ones need a product of [token, d_vocab] with [d_vocab, neuron].
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.engine.exact import Changes
from confidence_neurons.engine.readout import Ablations, Clean, Readout, row_dot

RIVALS = 8
NEURONS_AT_ONCE = 256  # whose squared readings are held, and in one product


@torch.no_grad()
def second_order_changes(
    readout: Readout,
    clean: Clean,
    ablations: Ablations,
    readings: Float[Tensor, "neuron d_vocab"],
) -> Changes:
    """Ablated minus clean, in nats, estimated for each token and neuron.

    Parameters
    ----------
    readings:
        q = w_out W of each neuron.

    Returns
    -------
    The same names as `exact_changes` without a unigram, and `mean_reading`,
    the neuron's mean reading under the clean distribution. `argmax_changed`
    looks at the most probable tokens of the clean distribution only, `RIVALS`
    of them.
    """
    moments = _Moments.build(readout, clean, ablations, readings)
    on_target = _readings_of(readout, ablations, ablations.target[:, None])[:, 0]
    scaled_target = moments.scaled.gather(1, ablations.target[:, None])

    stretch, push = ablations.stretch, ablations.push
    pushed = push * (1 + stretch)
    direct_variance = push.pow(2) * moments.q_q
    total_variance = (
        stretch.pow(2) * moments.g_g + 2 * stretch * pushed * moments.g_q
    ) + pushed.pow(2) * moments.q_q
    direct_third = push.pow(2) * moments.l_q_q
    total_third = (
        stretch.pow(2) * moments.l_g_g + 2 * stretch * pushed * moments.l_g_q
    ) + pushed.pow(2) * moments.l_q_q
    mean_minus_target = moments.q - on_target
    return {
        "entropy_total": -(stretch * moments.l_g + pushed * moments.l_q)
        - (total_variance + total_third) / 2,
        "entropy_direct": -push * moments.l_q - (direct_variance + direct_third) / 2,
        "loss_total": pushed * mean_minus_target - stretch * scaled_target + total_variance / 2,
        "loss_direct": push * mean_minus_target + direct_variance / 2,
        "kl_from_clean": (total_variance / 2).clamp(min=0),
        "mean_reading": moments.q,
        "argmax_changed": _argmax_changes(readout, clean, ablations, moments.scaled),
    }


@dataclass(frozen=True)
class _Moments:
    """Moments under the clean distribution of l and g (logits, scaled part) and the readings q.

    `q` is a mean; two letters are a covariance, three a third cumulant.
    `scaled` is g minus its mean.
    """

    scaled: Float[Tensor, "token d_vocab"]
    l_g: Float[Tensor, "token 1"]
    g_g: Float[Tensor, "token 1"]
    l_g_g: Float[Tensor, "token 1"]
    q: Float[Tensor, "token neuron"]
    l_q: Float[Tensor, "token neuron"]
    g_q: Float[Tensor, "token neuron"]
    l_g_q: Float[Tensor, "token neuron"]
    q_q: Float[Tensor, "token neuron"]
    l_q_q: Float[Tensor, "token neuron"]

    @classmethod
    def build(
        cls,
        readout: Readout,
        clean: Clean,
        ablations: Ablations,
        readings: Float[Tensor, "neuron d_vocab"],
    ) -> "_Moments":
        p, logits = clean.probability, clean.centred
        scaled = logits - readout.bias
        scaled -= row_dot(p, scaled)

        def linear(
            weights: Float[Tensor, "kind token d_vocab"],
        ) -> Float[Tensor, "kind token neuron"]:
            return (weights @ readout.unembedding.T) @ ablations.w_out.T

        weights = p.new_empty(2, *p.shape)  # p and p l at first, then p g and p (l g - E[l g])
        weights[0] = p
        torch.mul(p, logits, out=weights[1])
        q, l_q = linear(weights)
        q_q, l_q_q = _means_of_squares(weights, readings)
        l_g = row_dot(weights[1], scaled)
        weights.mul_(scaled)
        weights[1].addcmul_(l_g, p, value=-1)
        g_q, l_g_q = linear(weights)
        return cls(
            scaled=scaled,
            l_g=l_g,
            g_g=row_dot(weights[0], scaled),
            l_g_g=row_dot(weights[1], scaled),
            q=q,
            l_q=l_q,
            g_q=g_q,
            l_g_q=l_g_q,
            q_q=q_q.sub_(q.square()),
            l_q_q=l_q_q.sub_(2 * q * l_q),
        )


def _means_of_squares(
    weights: Float[Tensor, "kind token d_vocab"], readings: Float[Tensor, "neuron d_vocab"]
) -> Float[Tensor, "kind token neuron"]:
    """Weighted means of the squared readings; squares of some neurons at a time, in one buffer."""
    means = weights.new_empty(*weights.shape[:2], len(readings))
    squares = readings.new_empty(min(len(readings), NEURONS_AT_ONCE), readings.shape[1])
    for first in range(0, len(readings), NEURONS_AT_ONCE):
        some = slice(first, first + NEURONS_AT_ONCE)
        part = torch.square(readings[some], out=squares[: len(readings[some])])
        means[..., some] = weights @ part.T
    return means


def _readings_of(
    readout: Readout, ablations: Ablations, tokens: Tensor
) -> Float[Tensor, "token rival neuron"]:
    """The neurons' readings of a few vocabulary entries for each token."""
    return readout.unembedding.T[tokens] @ ablations.w_out.T


def _argmax_changes(
    readout: Readout, clean: Clean, ablations: Ablations, scaled: Float[Tensor, "token d_vocab"]
) -> Float[Tensor, "token neuron"]:
    """1 where a rival overtakes the most probable token of the clean distribution."""
    top = clean.centred.topk(min(RIVALS, clean.centred.shape[1]), dim=-1)
    stretch = ablations.stretch
    pushed = ablations.push * (1 + stretch)
    changed = torch.zeros_like(stretch, dtype=torch.bool)
    readings = _readings_of(readout, ablations, top.indices)
    scaled = scaled.gather(1, top.indices)
    for rival in range(1, top.indices.shape[1]):
        lead = (top.values[:, :1] - top.values[:, rival, None]) + (
            stretch * (scaled[:, :1] - scaled[:, rival, None])
            + pushed * (readings[:, 0] - readings[:, rival])
        )
        changed |= lead < 0
    return changed.to(stretch)
