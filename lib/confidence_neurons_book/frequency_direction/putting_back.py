"""What holding single neurons does, and what is left when a projection of the logits is put back.

With z the logits from the residual stream, b their bias, v what the neuron
writes among the logits, d the change of its activation, s and s' the final
scale before and after:

    total      b + s/s' z + d/s' v
    frozen     b + z + d/s v
    put back   the total, moved along a unit vector until its projection there
               is that of the clean logits

All of them are sums of a few vectors of logits, so nothing is run again.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.measure.interventions import level_of
from confidence_neurons.model.architecture import final_norm, output_weights
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State, unembed
from confidence_neurons.weights.unigram import Unigram

TOTAL, FROZEN = "total", "frozen"
QUANTITIES = ("entropy", "kl", "loss")
LOGITS_AT_ONCE = 2**21

Directions = Mapping[str, Float[Tensor, "*neuron d_vocab"]]


def thinned(state: State, every: int) -> State:
    """The same, where only every so many-th position counts, of those that did."""
    chosen = torch.arange(state.tokens.shape[1]) % every == 1 % every
    return state.at(state.counted & chosen)


@torch.no_grad()
def written(model: Model, neurons: Sequence[int]) -> Float[Tensor, "neuron d_vocab"]:
    """What neurons write among the logits for each unit of activation over scale, centred."""
    w_out = output_weights(model)[list(neurons)]
    one = w_out.new_ones(len(w_out), 1)
    logits = unembed(model, w_out, one) - unembed(model, 0 * w_out, one)
    return logits - logits.mean(dim=-1, keepdim=True)


@torch.no_grad()
def neuron_effects(
    model: Model,
    state: State,
    neurons: Sequence[int],
    put_back: Directions,
    unigram: Unigram,
    to: Float[Tensor, " d_mlp"] | None = None,
) -> pd.DataFrame:
    """Hold each neuron by itself, and measure every path at every counted position.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    state : State
        Of the text.
    neurons : sequence of int
        Of the last layer.
    put_back : mapping of name to Float[Tensor, "*neuron d_vocab"]
        Unit vectors of logits whose clean projection is put back: one for all
        neurons, or one for each.
    unigram : Unigram
        P_freq of KL(P_freq || P_model).
    to : Float[Tensor, "d_mlp"], optional
        What to hold the neurons at; by default their means where they count.

    Returns
    -------
    pd.DataFrame
        One row per neuron and position: `neuron`, `sequence`, `position`,
        `activation`, `target`, and for "entropy", "kl" and "loss" along each
        path ("total", "frozen", the names in `put_back`) a column
        `quantity_path`, held minus clean, in nats.
    """
    chosen, counted = list(neurons), state.counted
    end = _End.of(model, state, chosen, put_back, unigram)
    level = level_of(state, chosen, to).to(end.residual)
    activations = state.activations[counted][:, chosen].to(end.residual)
    targets = state.targets()
    names = [f"{quantity}_{path}" for path in (TOTAL, FROZEN, *put_back) for quantity in QUANTITIES]
    found = {name: end.residual.new_empty(len(chosen), len(targets)) for name in names}
    at_once = max(1, LOGITS_AT_ONCE // model.cfg.d_vocab)
    for rows in torch.arange(len(targets)).split(at_once):
        part = {name: values[:, rows[0] : rows[-1] + 1] for name, values in found.items()}
        _effects(end, rows, level - activations[rows], targets[rows], part)
    shared = state.places().assign(target=targets.tolist())
    frames = [
        shared.assign(
            neuron=neuron,
            activation=activations[:, place].numpy(),
            **{name: values[place].numpy() for name, values in found.items()},
        )
        for place, neuron in enumerate(chosen)
    ]
    return pd.concat(frames, ignore_index=True)


class _End(NamedTuple):
    """The end of a network at the counted positions of a text."""

    model: Model
    residual: Float[Tensor, "token d_model"]
    scale: Float[Tensor, "token 1"]
    bias: Float[Tensor, " d_vocab"]
    writes: Float[Tensor, "neuron d_model"]
    written: Float[Tensor, "neuron d_vocab"]
    put_back: Directions
    probability: Float[Tensor, " d_vocab"]

    @classmethod
    def of(
        cls,
        model: Model,
        state: State,
        neurons: Sequence[int],
        put_back: Directions,
        unigram: Unigram,
    ) -> "_End":
        residual, scale = state.residual[state.counted], state.scale[state.counted]
        bias = unembed(model, 0 * residual[:1], scale[:1])[0]
        writes = output_weights(model)[list(neurons)].to(residual)
        found = written(model, neurons)
        return cls(model, residual, scale, bias, writes, found, put_back, unigram.probability)


def _effects(
    end: _End,
    rows: Int[Tensor, " token"],
    change: Float[Tensor, "token neuron"],
    target: Int[Tensor, " token"],
    into: Mapping[str, Float[Tensor, "neuron token"]],
) -> None:
    """Write each quantity along each path where it stays.

    Small results kept between large ones would leave no room for the next
    large one, and memory would grow by gigabytes.
    """
    residual, scale = end.residual[rows], end.scale[rows]
    logits = unembed(end.model, residual, scale)
    logits -= logits.logsumexp(dim=-1, keepdim=True)  # so that no exponential is large
    from_stream = logits - end.bias
    before = _read(logits, target, end.probability)
    norm = final_norm(end.model)
    for place in range(change.shape[1]):
        step = change[:, place]
        new_scale = norm.scale(residual + torch.outer(step, end.writes[place]))
        v, s, s_new = end.written[place], scale.squeeze(-1), new_scale.squeeze(-1)
        total = (from_stream * (scale / new_scale) + end.bias).addr_(step / s_new, v)
        paths = {TOTAL: total, FROZEN: logits.addr(step / s, v)}
        for name, directions in end.put_back.items():
            unit = directions if directions.ndim == 1 else directions[place]
            paths[name] = total.addr((logits @ unit) - (total @ unit), unit)
        for path, changed in paths.items():
            after = _read(changed, target, end.probability)
            for quantity in QUANTITIES:
                into[f"{quantity}_{path}"][place] = after[quantity] - before[quantity]


def _read(
    logits: Float[Tensor, "token d_vocab"],
    target: Int[Tensor, " token"],
    probability: Float[Tensor, " d_vocab"],
) -> dict[str, Float[Tensor, " token"]]:
    """Entropy, loss, and KL to the unigram distribution up to a constant."""
    weights = logits.exp()
    total = weights.sum(dim=-1)
    log_total = total.log()
    expected = torch.linalg.vecdot(weights, logits) / total
    return {
        "entropy": log_total - expected,
        "kl": log_total - logits @ probability,
        "loss": log_total - logits.gather(-1, target.unsqueeze(-1)).squeeze(-1),
    }
