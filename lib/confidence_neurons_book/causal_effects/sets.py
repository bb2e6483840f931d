"""Several last-layer neurons mean-ablated together: total, direct and indirect effect per token.

The sum of their changes is added to the residual stream that enters the final
norm (`ablation.ablate_neurons`); nothing before it depends on them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.measure.ablation import ablate_neurons
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import FinalState, logits_from_residual, run_final
from confidence_neurons.text.rows import measured
from confidence_neurons.weights.neurons import chosen_neurons, neuron_weights

UNTOUCHED = "none"
ROWS_AT_ONCE = 4


@torch.no_grad()
def ablated_set(
    model: TransformerBridge,
    state: FinalState,
    neurons: Sequence[int],
    level: Float[Tensor, " d_mlp"],
    *,
    frozen: bool = False,
) -> Float[Tensor, "batch position d_vocab"]:
    """Logits with a set of last-layer neurons held at a level.

    Parameters
    ----------
    level:
        One entry for each neuron of the layer (`mean_level`).
    frozen:
        Keep the clean final scale: what is left is the direct effect.

    Raises
    ------
    ValueError
        If `neurons` is empty, out of range or names one twice, or `level` has
        another size than the layer.
    NotImplementedError
        If a norm follows the MLP or the logits are soft-capped.
    """
    residual = ablate_neurons(model, state, neurons, level).residual
    scale = FinalNorm.from_model(model).scale(state.residual) if frozen else None
    return logits_from_residual(model, residual, scale)


def mean_level(state: FinalState) -> Float[Tensor, " d_mlp"]:
    """Mean activation of each neuron over the measured positions."""
    return measured(state.activations).flatten(0, 1).double().mean(dim=0).float()


@torch.no_grad()
def set_effects(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    sets: Mapping[str, Sequence[int]],
    *,
    reference: Int[Tensor, "batch position"] | None = None,
) -> pd.DataFrame:
    """Changes at each measured token when all neurons of a set are mean-ablated at once.

    The counterpart of `ablation.token_effects` for sets.

    Parameters
    ----------
    reference:
        Rows whose mean activations the neurons are held at; by default `tokens`.

    Returns
    -------
    One row per set and token: `set`, `size`, `sequence`, `position`;
    `entropy_total`, `entropy_direct`, `entropy_indirect` and the same for
    `loss`, ablated minus clean, in nats; `argmax_changed`.

    Raises
    ------
    ValueError
        If there is no set, or a set is empty, out of range or names a neuron
        twice; if tokens do not fit the model.
    NotImplementedError
        If a norm follows the MLP or the logits are soft-capped.
    """
    if not sets:
        raise ValueError("expected at least one set of neurons, got none")
    d_mlp = len(neuron_weights(model))
    chosen = {name: chosen_neurons(neurons, d_mlp) for name, neurons in sets.items()}
    state = run_final(model, tokens)
    level = mean_level(state if reference is None else run_final(model, reference))
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in chosen}
    for first in range(0, len(tokens), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        few = FinalState(measured(state.residual[rows]), measured(state.activations[rows]))
        target = tokens[rows, 2:].to(few.residual.device)
        clean = _Levels.read(logits_from_residual(model, few.residual), target)
        for name, neurons in chosen.items():
            changes = _changes(model, few, neurons, level, clean, target)
            parts[name].append(_frame(changes, first).assign(set=name, size=len(neurons)))
    frame = pd.concat([part for several in parts.values() for part in several], ignore_index=True)
    first_columns = ["set", "size", "sequence", "position"]
    return frame.reindex(columns=[*first_columns, *frame.columns.difference(first_columns, False)])


@dataclass(frozen=True)
class _Levels:
    """Entropy and loss in nats, and the first choice, at the measured positions."""

    entropy: Float[Tensor, "batch kept"]
    loss: Float[Tensor, "batch kept"]
    choice: Int[Tensor, "batch kept"]

    @classmethod
    def read(
        cls, logits: Float[Tensor, "batch kept d_vocab"], target: Int[Tensor, "batch kept"]
    ) -> "_Levels":
        log_p = logits.float().log_softmax(dim=-1)
        loss = -log_p.gather(-1, target.unsqueeze(-1)).squeeze(-1)
        return cls(-torch.linalg.vecdot(log_p.exp(), log_p), loss, log_p.argmax(dim=-1))


def _changes(
    model: TransformerBridge,
    state: FinalState,
    neurons: Sequence[int],
    level: Float[Tensor, " d_mlp"],
    clean: _Levels,
    target: Int[Tensor, "batch kept"],
) -> dict[str, Float[Tensor, "batch kept"]]:
    ablated = ablate_neurons(model, state, neurons, level).residual
    norm = FinalNorm.from_model(model)
    runs = {
        "total": (ablated, None),
        "direct": (ablated, norm.scale(state.residual)),
        "indirect": (state.residual, norm.scale(ablated)),
    }
    after = {
        effect: _Levels.read(logits_from_residual(model, residual, scale), target)
        for effect, (residual, scale) in runs.items()
    }
    return {
        **{f"entropy_{effect}": levels.entropy - clean.entropy for effect, levels in after.items()},
        **{f"loss_{effect}": levels.loss - clean.loss for effect, levels in after.items()},
        "argmax_changed": (after["total"].choice != clean.choice).float(),
    }


def _frame(changes: dict[str, Float[Tensor, "batch kept"]], first_row: int) -> pd.DataFrame:
    batch, kept = changes["entropy_total"].shape
    sequence = torch.arange(first_row, first_row + batch)[:, None].expand(-1, kept)
    position = torch.arange(1, kept + 1).expand(batch, -1)
    columns = {"sequence": sequence, "position": position, **changes}
    return pd.DataFrame({name: value.flatten().cpu().numpy() for name, value in columns.items()})
