"""Where a prediction stands between its context and the unigram distribution, token by token.

Five numbers say it: the entropy; the loss; the two distances to the unigram
distribution, KL(P_freq || P_model) and KL(P_model || P_freq); and the
projection of the logits on the frequency direction u. The first distance is
what Stolfo et al. 2024 (section 5) measure; it weighs the difference by the
unigram distribution, the second by the model's own.
"""

from dataclasses import dataclass, fields

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import FinalState, logits_from_residual, run_final
from confidence_neurons.text.rows import measured
from confidence_neurons.weights.unigram import Unigram

TOKENS_AT_ONCE = 512
SURE = 0.5
SITUATIONS = ("sure and right", "sure and wrong", "unsure and right", "unsure and wrong")


@dataclass(frozen=True)
class FrequencyLevels:
    """One entry per token, all but the last in nats.

    Attributes
    ----------
    entropy, loss:
        Of the prediction; minus the log-probability of the target.
    kl:
        KL(P_freq || P_model).
    kl_reverse:
        KL(P_model || P_freq).
    projection:
        Of the logits, centred over the vocabulary, on u.
    """

    entropy: Float[Tensor, " token"]
    loss: Float[Tensor, " token"]
    kl: Float[Tensor, " token"]
    kl_reverse: Float[Tensor, " token"]
    projection: Float[Tensor, " token"]


QUANTITIES = tuple(field.name for field in fields(FrequencyLevels))


def logit_levels(
    logits: Float[Tensor, "token d_vocab"], target: Int[Tensor, " token"], unigram: Unigram
) -> FrequencyLevels:
    """Read the levels off logits.

    With H the entropy, p the model's distribution and f the unigram one,
    KL(f || p) = sum f log f - sum f log p and KL(p || f) = -H - sum p log f.

    Raises
    ------
    ValueError
        If logits, targets and the unigram distribution do not fit each other.
    """
    if logits.ndim != 2 or target.shape != logits.shape[:1]:
        raise ValueError(
            "expected logits [token, d_vocab] and one target for each, "
            f"got {tuple(logits.shape)} and {tuple(target.shape)}"
        )
    if logits.shape[1:] != unigram.probability.shape:
        raise ValueError(
            f"expected logits over {len(unigram.probability)} tokens, got {logits.shape[1]}: "
            "the counts belong to another vocabulary"
        )
    log_p = logits.float().log_softmax(dim=-1)
    probability = log_p.exp()
    log_frequency = unigram.probability.log()
    entropy = -torch.linalg.vecdot(probability, log_p)
    return FrequencyLevels(
        entropy=entropy,
        loss=-log_p.gather(1, target[:, None]).squeeze(1),
        kl=unigram.probability @ log_frequency - log_p @ unigram.probability,
        kl_reverse=-entropy - probability @ log_frequency,
        # u has mean zero, so log-probabilities and centred logits project alike.
        projection=log_p @ unigram.direction,
    )


@torch.no_grad()
def residual_levels(
    model: TransformerBridge,
    residual: Float[Tensor, "token d_model"],
    target: Int[Tensor, " token"],
    unigram: Unigram,
    *,
    scale: Float[Tensor, "token 1"] | None = None,
    added: tuple[Float[Tensor, " token"], Float[Tensor, " d_vocab"]] | None = None,
) -> FrequencyLevels:
    """The levels of the predictions made from a residual stream, a block of tokens at a time.

    Parameters
    ----------
    scale:
        Freezes the final norm's scale; by default it is computed.
    added:
        Amounts and a direction: so much of the direction is added to each
        token's logits.

    Raises
    ------
    ValueError
        As `logit_levels`.
    """
    scale = FinalNorm.from_model(model).scale(residual) if scale is None else scale
    parts = []
    for first in range(0, len(residual), TOKENS_AT_ONCE):
        rows = slice(first, first + TOKENS_AT_ONCE)
        logits = logits_from_residual(model, residual[rows], scale[rows])
        if added is not None:
            amounts, direction = added
            logits = logits + torch.outer(amounts[rows], direction)
        parts.append(logit_levels(logits, target[rows], unigram))
    return FrequencyLevels(
        **{name: torch.cat([getattr(part, name) for part in parts]) for name in QUANTITIES}
    )


@torch.no_grad()
def logit_projection(
    model: TransformerBridge,
    residual: Float[Tensor, "token d_model"],
    direction: Float[Tensor, " d_vocab"],
) -> Float[Tensor, " token"]:
    """Projection of each token's centred logits on a direction, a block of tokens at a time."""
    parts = []
    for rows in residual.split(TOKENS_AT_ONCE):
        logits = logits_from_residual(model, rows)
        parts.append((logits - logits.mean(dim=-1, keepdim=True)) @ direction)
    return torch.cat(parts)


@torch.no_grad()
def token_levels(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    counts: Int[Tensor, " d_vocab"],
    state: FinalState | None = None,
) -> pd.DataFrame:
    """The levels at each measured token, and what the model had chosen there.

    Parameters
    ----------
    counts:
        Token counts, which say what the unigram distribution is.
    state:
        `run_final(model, tokens)`, where it is there already.

    Returns
    -------
    One row per measured token: `sequence`, `position`, `token` and `target`
    (ids), `target_count` (how often the target stands in the counts);
    `entropy`, `loss`, `kl`, `kl_reverse`, `projection` (see
    `FrequencyLevels`); `confidence` (probability of the first choice), and
    `situation`: "sure" where that is at least 0.5, else "unsure", "and
    right" where the first choice comes next, else "and wrong".

    Raises
    ------
    TypeError, ValueError
        If tokens are not of the usual form or counts belong to another vocabulary.
    """
    unigram = Unigram.from_counts(counts, model.cfg.d_vocab, model.W_U.device)
    state = run_final(model, tokens) if state is None else state
    residual = measured(state.residual).flatten(0, 1)
    target = tokens[:, 2:].flatten().to(residual.device)
    levels = residual_levels(model, residual, target, unigram)
    best = [
        logits_from_residual(model, rows).softmax(dim=-1).max(dim=-1)
        for rows in residual.split(TOKENS_AT_ONCE)
    ]
    confidence = torch.cat([one.values for one in best])
    right = torch.cat([one.indices for one in best]) == target
    index = 2 * (confidence < SURE).long() + (~right).long()
    columns = {
        "token": measured(tokens).flatten(),
        "target": target,
        "target_count": counts[target.to(counts.device)],
        **{name: getattr(levels, name) for name in QUANTITIES},
        "confidence": confidence,
    }
    frame = token_places(tokens)
    return frame.assign(
        **{name: value.cpu().numpy() for name, value in columns.items()},
        situation=[SITUATIONS[i] for i in index.tolist()],
    )


def token_places(tokens: Int[Tensor, "batch position"]) -> pd.DataFrame:
    """`sequence` and `position` of each measured token, row after row."""
    batch, length = tokens.shape
    return pd.DataFrame(
        {
            "sequence": torch.arange(batch).repeat_interleave(length - 2).numpy(),
            "position": torch.arange(1, length - 1).repeat(batch).numpy(),
        }
    )
