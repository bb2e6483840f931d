"""Entropy and divergence of next-token distributions, in nats."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.checks import checked

NATS_PER_BIT = math.log(2)


@checked
def entropy(logits: Float[Tensor, "*batch d_vocab"]) -> Float[Tensor, "*batch"]:
    """Entropy of softmax(logits).

    H(p) = - sum_v p_v log p_v = log Z - sum_v p_v l_v, with l the logits and
    Z = sum_v exp(l_v). A token of probability 0 (logit -inf) contributes 0.

    Parameters
    ----------
    logits : Float[Tensor, "*batch d_vocab"]
        Any logits, log-probabilities among them.

    Returns
    -------
    Float[Tensor, "*batch"]
        In nats, between 0 (all on one token) and log d_vocab (all alike).

    Examples
    --------
    >>> import confidence_neurons as cn, torch
    >>> round(float(cn.entropy(torch.zeros(2048))), 4)
    7.6246
    """
    return entropy_of(logits.log_softmax(dim=-1))


@checked
def log_probabilities(logits: Float[Tensor, "*batch d_vocab"]) -> Float[Tensor, "*batch d_vocab"]:
    """Natural logarithm of softmax(logits).

    Parameters
    ----------
    logits : Float[Tensor, "*batch d_vocab"]
        Any logits; minus infinity where a token is impossible.

    Returns
    -------
    Float[Tensor, "*batch d_vocab"]
        Log-probabilities.

    Examples
    --------
    >>> import confidence_neurons as cn, torch
    >>> cn.log_probabilities(torch.tensor([0.0, 0.0])).exp()
    tensor([0.5000, 0.5000])
    """
    return logits.log_softmax(dim=-1)


@checked
def kl_divergence(
    log_p: Float[Tensor, "*#batch d_vocab"], log_q: Float[Tensor, "*#batch d_vocab"]
) -> Float[Tensor, "*batch"]:
    """KL(p || q) = sum_v p_v (log p_v - log q_v).

    Not symmetric: p is the distribution that weighs the difference. Tokens
    with p_v = 0 contribute 0.

    Parameters
    ----------
    log_p, log_q : Float[Tensor, "*#batch d_vocab"]
        Log-probabilities; one of them may be a single distribution.

    Returns
    -------
    Float[Tensor, "*batch"]
        In nats.

    Examples
    --------
    >>> import confidence_neurons as cn, torch
    >>> p, q = (torch.tensor(x).log() for x in ([0.5, 0.5], [0.9, 0.1]))
    >>> round(float(cn.kl_divergence(p, q)), 3)
    0.511
    """
    return kl_of(log_p, log_q)


def kl_of(
    log_p: Float[Tensor, "*#batch d_vocab"], log_q: Float[Tensor, "*#batch d_vocab"]
) -> Float[Tensor, "*batch"]:
    """What `kl_divergence` computes."""
    p = log_p.exp()
    return torch.where(p > 0, p * (log_p - log_q), 0.0).sum(dim=-1)


@checked
def nats_to_bits(nats: float) -> float:
    """Convert an entropy or a loss from nats to bits: 1 bit = ln 2 nats.

    Parameters
    ----------
    nats : float
        In nats.

    Returns
    -------
    float
        In bits.

    Examples
    --------
    >>> import confidence_neurons as cn, math
    >>> cn.nats_to_bits(math.log(8))
    3.0
    """
    return nats / NATS_PER_BIT


def entropy_of(log_p: Float[Tensor, "*batch d_vocab"]) -> Float[Tensor, "*batch"]:
    """What `entropy` computes, from log-probabilities."""
    finite = log_p.clamp(min=torch.finfo(log_p.dtype).min)  # 0 log 0 = 0
    return -torch.linalg.vecdot(log_p.exp(), finite)
