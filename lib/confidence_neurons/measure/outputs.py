"""Next-token distributions: entropy, divergence, loss and rank, all in nats.

Axis names, here and in the whole library: `batch` (sequences), `position`
(tokens of a sequence), `d_model` (residual stream), `d_mlp` (neurons),
`d_vocab` (tokens of the vocabulary), `k` (dimensions of the null space).
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

NATS_PER_BIT = math.log(2)


def nats_to_bits(nats: float | Tensor) -> float | Tensor:
    """Convert an entropy or a loss from nats to bits: 1 bit = ln 2 nats."""
    return nats / NATS_PER_BIT


def entropy(logits: Float[Tensor, "*batch d_vocab"]) -> Float[Tensor, "*batch"]:
    """Entropy of softmax(logits), in nats.

    H(p) = - sum_v p_v log p_v = log Z - sum_v p_v l_v, with l the logits and
    Z = sum_v exp(l_v). A token of probability 0 (logit -inf) contributes 0.
    Between 0 (all on one token) and log d_vocab (all tokens alike).
    """
    log_p = log_probabilities(logits)
    return torch.special.entr(log_p.exp()).sum(dim=-1)


def log_probabilities(logits: Float[Tensor, "*batch d_vocab"]) -> Float[Tensor, "*batch d_vocab"]:
    """Natural logarithm of softmax(logits).

    Raises
    ------
    ValueError
        If a logit is NaN or plus infinity, if all logits of a distribution are
        minus infinity, or if there are no logits.
    """
    if logits.shape[-1] == 0:
        raise ValueError(f"expected logits of shape [..., d_vocab], got {tuple(logits.shape)}")
    _check_finite(logits)
    if logits.isneginf().all(dim=-1).any():
        raise ValueError("expected a possible token in every distribution, got logits all -inf")
    return logits.log_softmax(dim=-1)


def kl_divergence(
    log_p: Float[Tensor, "*batch d_vocab"], log_q: Float[Tensor, "*batch d_vocab"]
) -> Float[Tensor, "*batch"]:
    """KL(p || q) = sum_v p_v (log p_v - log q_v), in nats.

    Both arguments are log-probabilities. Not symmetric: p is the distribution
    that weighs the difference. Tokens with p_v = 0 contribute 0.
    """
    p = log_p.exp()
    return torch.where(p > 0, p * (log_p - log_q), 0.0).sum(dim=-1)


def next_token_loss(
    logits: Float[Tensor, "batch position d_vocab"], tokens: Int[Tensor, "batch position"]
) -> Float[Tensor, "batch position-1"]:
    """Minus the log-probability of the correct next token, in nats.

    Entry t is the loss of predicting token t + 1 from tokens 0 to t. The last
    position has no target, so there is one entry fewer than positions.
    """
    _check_pair(logits, tokens)
    targets = tokens[:, 1:].unsqueeze(-1).to(logits.device)
    return -log_probabilities(logits[:, :-1]).gather(-1, targets).squeeze(-1)


def reciprocal_rank(
    logits: Float[Tensor, "batch position d_vocab"], tokens: Int[Tensor, "batch position"]
) -> Float[Tensor, "batch position-1"]:
    """1 / rank of the correct next token; 1 where it is the model's first choice.

    The rank is 1 plus the number of tokens with a higher logit: tokens that
    tie with the correct one do not push it back.
    """
    _check_pair(logits, tokens)
    _check_finite(logits)
    logits = logits[:, :-1]
    target = logits.gather(-1, tokens[:, 1:].unsqueeze(-1).to(logits.device))
    rank = 1 + (logits > target).sum(dim=-1)
    return 1.0 / rank


def _check_finite(logits: Tensor) -> None:
    if logits.isnan().any() or logits.isposinf().any():
        raise ValueError("logits contain NaN or +inf: check the model's weights and the input")


def _check_pair(logits: Tensor, tokens: Tensor) -> None:
    if logits.ndim != 3 or logits.shape[:2] != tokens.shape:
        raise ValueError(
            "expected logits [batch, position, d_vocab] and tokens [batch, position], "
            f"got {tuple(logits.shape)} and {tuple(tokens.shape)}"
        )
