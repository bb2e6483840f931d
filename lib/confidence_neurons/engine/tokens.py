"""What holding chosen neurons, one by one, does at every single token."""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from confidence_neurons.checks import checked
from confidence_neurons.engine.assumptions import closed_form_holds
from confidence_neurons.engine.closed_form import Held, prepare
from confidence_neurons.engine.memory import DEFAULT_BUDGET
from confidence_neurons.engine.pieces import exact_pieces
from confidence_neurons.measure.outputs import read_state
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State, run

CLEAN = ("entropy", "loss", "rank")


@checked
@torch.no_grad()
def token_effects(
    model: Model,
    tokens: Int[Tensor, "batch position"],
    neurons: Sequence[int] | None = None,
    *,
    to: float | Float[Tensor, " d_mlp"] | None = None,
    clip: Bool[Tensor, " d_mlp"] | None = None,
    at: Bool[Tensor, "batch position"] | None = None,
    memory_budget: float = DEFAULT_BUDGET,
) -> pd.DataFrame:
    """Changes at each counted token when one last-layer neuron is held.

    The columns of `scan` are the means over tokens of the absolute values
    here. For neurons that are held together see `effects`.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    tokens : Int[Tensor, "batch position"]
        The text to measure on: rows of BOS and consecutive tokens.
    neurons : sequence of int, optional
        Any subset in any order; by default all.
    to, clip, at, memory_budget
        As in `scan`.

    Returns
    -------
    pd.DataFrame
        One row per neuron and token: `neuron`, `sequence`, `position`,
        `token` and `target` (ids of the token at that position and of the next
        one); `activation`, `mean_activation` (what it was held at); `entropy`,
        `loss` and `rank` of the clean prediction; `entropy_total`,
        `entropy_direct`, `entropy_indirect`, `loss_total`, `loss_direct`,
        `loss_indirect`: ablated minus clean, in nats; `kl_from_clean` (nats)
        and `argmax_changed`.

    Raises
    ------
    ValueError
        If the budget is too small.
    NotImplementedError
        As `scan`, and where an ablation is not an update of the last residual
        stream.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> frame = cn.token_effects(model, cn.prose_tokens(model, count=1), [0, 1])
    >>> len(frame), frame["neuron"].unique().tolist()
    (508, [0, 1])
    """
    state = run(model, tokens, at=at)
    return token_effects_of(model, state, Held.of(state, neurons, to, clip), memory_budget)


@torch.no_grad()
def token_effects_of(
    model: Model, state: State, to_hold: Held, memory_budget: float = DEFAULT_BUDGET
) -> pd.DataFrame:
    """What `token_effects` does, for a text that has been run."""
    if not closed_form_holds(model, state.tokens, state.layer):
        raise NotImplementedError(
            f"{model.cfg.model_name}: expected neurons whose ablation is an update of the last "
            "residual stream, and logits that are linear in it, got others: use scan, which runs "
            "the network again"
        )
    readout, sources, plan = prepare(model, state, to_hold, memory_budget)
    changes: dict[str, Tensor] = {}
    for piece in exact_pieces(readout, sources, plan):
        for name, values in piece.changes.items():
            whole = changes.setdefault(name, torch.empty_like(sources.delta, device="cpu"))
            whole[piece.tokens, piece.neurons] = values.cpu()
    clean = {
        "token": state.tokens.to(state.counted.device)[state.counted],
        "target": state.targets(),
        **read_state(model, state, CLEAN),
    }
    context = state.places().assign(
        **{name: column.cpu().numpy() for name, column in clean.items()}
    )
    activations = state.activations[state.counted].float()
    frames = [
        context.assign(
            neuron=neuron,
            activation=activations[:, neuron].cpu().numpy(),
            mean_activation=float(to_hold.level[column]),
            **{name: values[:, column].numpy() for name, values in changes.items()},
        )
        for column, neuron in enumerate(to_hold.neurons)
    ]
    frame = pd.concat(frames, ignore_index=True)
    return frame[["neuron", *frame.columns.drop("neuron")]]
