"""What ablating chosen neurons does at every single token."""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.engine.arguments import check_budget
from confidence_neurons.engine.memory import DEFAULT_BUDGET
from confidence_neurons.engine.pieces import exact_pieces
from confidence_neurons.engine.request import Request
from confidence_neurons.engine.rerun import rows_within
from confidence_neurons.measure.outputs import entropy, next_token_loss, reciprocal_rank
from confidence_neurons.model.state import logits_from_residual, run_final
from confidence_neurons.text.rows import measured

ROWS_AT_ONCE = 4


@torch.no_grad()
def token_effects(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    neurons: Sequence[int],
    *,
    reference: Int[Tensor, "batch position"] | None = None,
    memory_budget: float = DEFAULT_BUDGET,
) -> pd.DataFrame:
    """Changes at each measured token when one last-layer neuron is mean-ablated.

    Definitions as in `scan`, whose columns are the means over tokens of the
    absolute values here.

    Returns
    -------
    One row per neuron and token: `neuron`, `sequence`, `position`, `token`
    and `target` (ids of the token at that position and of the next one);
    `activation`, `mean_activation`; `entropy`, `loss` and `reciprocal_rank`
    of the clean prediction; `entropy_total`, `entropy_direct`,
    `entropy_indirect`, `loss_total`, `loss_direct`, `loss_indirect`: ablated
    minus clean, in nats; `kl_from_clean` and `argmax_changed`.

    Raises
    ------
    TypeError, ValueError
        As `scan`.
    NotImplementedError
        As `scan`, and where an ablation is not an update of the last residual stream.
    """
    check_budget(memory_budget)
    request = Request.check(
        model,
        tokens,
        neurons=neurons,
        reference=reference,
        layer=None,
        counts=None,
        frequency=False,
    )
    plan = request.plan(memory_budget)
    readout, ablations, means = request.ablations()
    changes: dict[str, Tensor] = {}
    for piece in exact_pieces(readout, ablations, plan):
        for name, values in piece.changes.items():
            whole = changes.setdefault(name, torch.empty_like(ablations.push, device="cpu"))
            whole[piece.tokens, piece.neurons] = values.cpu()
    rows = rows_within(memory_budget, model, tokens.shape[1])
    context = _context(model, tokens, min(rows, ROWS_AT_ONCE))
    activations = means - ablations.push * ablations.scale
    frames = [
        context.assign(
            neuron=neuron,
            activation=activations[:, column].cpu().numpy(),
            mean_activation=float(means[column]),
            **{name: values[:, column].numpy() for name, values in changes.items()},
        )
        for column, neuron in enumerate(request.neurons)
    ]
    frame = pd.concat(frames, ignore_index=True)
    return frame.reindex(columns=["neuron", *(name for name in frame if name != "neuron")])


def _context(
    model: TransformerBridge, tokens: Int[Tensor, "batch position"], rows_at_once: int
) -> pd.DataFrame:
    """The clean prediction at each measured position."""
    parts: list[dict[str, Tensor]] = []
    for rows in tokens.split(rows_at_once):
        logits = logits_from_residual(model, run_final(model, rows).residual).float()
        rows = rows.to(logits.device)
        parts.append(
            {
                "entropy": measured(entropy(logits)),
                "loss": next_token_loss(logits, rows)[:, 1:],
                "reciprocal_rank": reciprocal_rank(logits, rows)[:, 1:],
            }
        )
    batch, length = tokens.shape
    columns = {
        "sequence": torch.arange(batch)[:, None].expand(-1, length - 2),
        "position": torch.arange(1, length - 1).expand(batch, -1),
        "token": measured(tokens),
        "target": tokens[:, 2:],
    }
    columns |= {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    return pd.DataFrame({name: value.flatten().cpu().numpy() for name, value in columns.items()})
