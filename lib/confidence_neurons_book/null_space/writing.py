"""Write along a direction of the residual stream and read what the output does.

With x the residual stream that enters the final norm and v a unit vector,

    x' = x + strength * ||x|| * v,

so that a strength of 1 writes a vector as long as x itself (x centred where
the norm centres). The total effect lets the final norm compute its scale from
x'; the direct effect keeps the scale of x. Their difference went through the
scale (Stolfo et al. 2024, arXiv 2406.16254, section 3).
"""

import math
from collections.abc import Iterable, Mapping

import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.measure.outputs import entropy, kl_divergence, log_probabilities
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import logits_from_residual
from confidence_neurons_book.confidence.predictions import token_labels

OTHERS = "(all others)"


def write(
    model: TransformerBridge,
    residual: Float[Tensor, "*batch d_model"],
    direction: Float[Tensor, " d_model"],
    strength: float | Float[Tensor, "*batch 1"],
) -> Float[Tensor, "*batch d_model"]:
    """Add `strength` times the residual's own length along a direction.

    The direction need not be normalised; `strength` may be negative.

    Raises
    ------
    ValueError
        If the direction has another size than the residual stream, or is
        zero, NaN or infinite.
    """
    if direction.shape != residual.shape[-1:]:
        raise ValueError(
            f"expected a direction of shape {tuple(residual.shape[-1:])}, "
            f"got {tuple(direction.shape)}"
        )
    size = direction.norm()
    if not (size > 0 and size.isfinite()):
        raise ValueError(f"expected a direction of finite, non-zero length, got length {size:g}")
    length = FinalNorm.from_model(model).centre(residual).norm(dim=-1, keepdim=True)
    return residual + strength * length * (direction / size)


@torch.no_grad()
def writing_effects(
    model: TransformerBridge,
    residual: Float[Tensor, "token d_model"],
    directions: Float[Tensor, "direction d_model"],
    strength: float = 0.5,
) -> pd.DataFrame:
    """Effect on the output of writing along each direction in turn, total and direct.

    Each direction is written with both signs (a singular vector has no sign
    of its own); all values are means over tokens and signs.

    Returns
    -------
    Two rows per direction, `effect` being "total" (scale recomputed) or
    "direct" (scale frozen). `direction`: row number in `directions`;
    `logit_change`: length of the direct change of the logits, centred over
    the vocabulary; `scale_ratio`: new over clean scale, 1 where frozen;
    `entropy_change`: absolute change, nats; `kl`: KL(clean || written), nats;
    `argmax_changed`: share of tokens whose most probable next token changed.
    """
    norm = FinalNorm.from_model(model)
    clean_scale = norm.scale(residual)
    clean_logits = logits_from_residual(model, residual)
    clean, clean_entropy = log_probabilities(clean_logits), entropy(clean_logits)
    rows = []
    for number, direction in enumerate(directions):
        for signed in (strength, -strength):
            written = write(model, residual, direction, signed)
            direct_logits = logits_from_residual(model, written, clean_scale)
            change = direct_logits - clean_logits
            centred = change - change.mean(dim=-1, keepdim=True)
            total_logits = logits_from_residual(model, written)
            for effect, logits, scale in (
                ("total", total_logits, norm.scale(written)),
                ("direct", direct_logits, clean_scale),
            ):
                log_p = log_probabilities(logits)
                row = {
                    "logit_change": centred.norm(dim=-1),
                    "scale_ratio": scale / clean_scale,
                    "entropy_change": (entropy(logits) - clean_entropy).abs(),
                    "kl": kl_divergence(clean, log_p),
                    "argmax_changed": (log_p.argmax(-1) != clean.argmax(-1)).float(),
                }
                rows.append({"direction": number, "effect": effect})
                rows[-1].update({name: value.mean().item() for name, value in row.items()})
    means = pd.DataFrame(rows).groupby(["direction", "effect"], sort=False).mean()
    return pd.DataFrame(means).reset_index()


@torch.no_grad()
def writing_sweep(
    model: TransformerBridge,
    residual: Float[Tensor, " d_model"],
    directions: Mapping[str, Float[Tensor, " d_model"]],
    strengths: Iterable[float],
    count: int = 10,
) -> pd.DataFrame:
    """The next-token distribution at one position, for many strengths of writing.

    Each direction is turned so that a positive strength adds to what the
    residual stream already has along it. The scale is recomputed (total
    effect).

    Returns
    -------
    `count + 1` rows per direction and strength: the `count` tokens that are
    most probable in the clean distribution, in its order, and "(all others)".
    Columns `direction`, `strength`, `entropy` (nats), `scale_ratio` (new over
    clean scale), `kl` (KL(clean || written), nats), `token` (see
    `predictions.token_labels`) and `probability`.
    """
    norm = FinalNorm.from_model(model)
    clean = log_probabilities(logits_from_residual(model, residual))
    top = clean.topk(count).indices
    labels = [*token_labels(model, top.tolist()), OTHERS]
    steps = torch.tensor(list(strengths))
    frames = []
    for name, direction in directions.items():
        oriented = direction if direction @ residual >= 0 else -direction
        batch = residual.expand(len(steps), -1)
        written = write(model, batch, oriented, steps.to(residual).unsqueeze(-1))
        log_p = log_probabilities(logits_from_residual(model, written))
        shown = log_p[:, top].exp()
        others = (1 - shown.sum(dim=-1, keepdim=True)).clamp(min=0)
        frame = pd.DataFrame(
            {
                "direction": name,
                "strength": steps.tolist(),
                "entropy": entropy(log_p).tolist(),
                "scale_ratio": (norm.scale(written) / norm.scale(residual)).squeeze(-1).tolist(),
                "kl": kl_divergence(clean, log_p).tolist(),
                "token": [labels] * len(steps),
                "probability": torch.cat([shown, others], dim=-1).tolist(),
            }
        )
        frames.append(frame.explode(["token", "probability"], ignore_index=True))
    return pd.concat(frames, ignore_index=True).astype({"probability": float, "token": str})


def safe_first_choice(
    margin: Float[Tensor, " token"],
    singular_value: float | Float[Tensor, ""],
    strength: float,
    d_model: int,
) -> Bool[Tensor, " token"]:
    """Tokens whose first choice no direct effect of this write can change.

    The logits move by a vector of length strength * sqrt(d_model) *
    singular_value (epsilon neglected), so the difference of two logits moves
    by at most sqrt(2) times as much. A guarantee, hence cautious.

    Parameters
    ----------
    margin:
        Largest minus second largest logit.
    """
    length = abs(strength) * math.sqrt(d_model) * singular_value
    return margin > math.sqrt(2) * length
