"""Change the end of a network: neurons held, heads switched off, a direction written.

Each intervention takes a state and gives a state: what was measured of the one
can be measured of the other. The last layer's neurons act on the output
through the residual stream alone. To set the activations a_n of some of them
to b_n is therefore to add

    sum_n (b_n - a_n) w_out,n

to the residual stream that enters the final norm; nothing has to be run again.
Where a norm follows the MLP (Gemma 2 and 3, OLMo 2), the sum is added to what
enters that norm, u, and the stream changes by norm(u') - norm(u). The final
norm then computes its scale from the new stream; `State.frozen` puts the clean
one back.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from confidence_neurons.checks import checked
from confidence_neurons.model.architecture import (
    final_norm,
    mlp_norm,
    need_bridge,
    output_weights,
)
from confidence_neurons.model.bridge import pattern_hook
from confidence_neurons.model.ends import Model
from confidence_neurons.model.precision import wide
from confidence_neurons.model.state import State, run_network

Head = tuple[int, int]


@checked
@torch.no_grad()
def ablate(
    model: Model,
    state: State,
    neurons: Sequence[int],
    *,
    to: float | Float[Tensor, " d_mlp"] | None = None,
    clip: Bool[Tensor, " d_mlp"] | None = None,
    writes: Float[Tensor, "neuron d_model"] | None = None,
) -> State:
    """Hold neurons of the last layer, together: mean ablation, clipping, clamping, a part.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    state : State
        Of the last layer's neurons.
    neurons : sequence of int
        Which neurons.
    to : float or Float[Tensor, "d_mlp"], optional
        What to hold them at: one number, or one for each neuron of the layer;
        by default their mean over the state's counted positions (mean
        ablation).
    clip : Bool[Tensor, "d_mlp"], optional
        Clip ablation: only what goes beyond `to` is taken away,
        min(activation, to) where True, for a neuron that rises on a task, and
        max(activation, to) where False (Stolfo et al. 2024, section 6).
    writes : Float[Tensor, "neuron d_model"], optional
        Ablate only these parts of what the neurons write; by default all of
        their output weights.

    Returns
    -------
    State
        A new state; the one given stays as it is.

    Raises
    ------
    ValueError
        If the state's neurons are not those of the last layer.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> state = cn.run(model, cn.prose_tokens(model, count=2))
    >>> held = cn.ablate(model, state, neurons=[0], to=0.0)
    >>> float(held.activations[..., 0].abs().max())
    0.0
    """
    if state.layer != model.cfg.n_layers - 1:
        raise ValueError(
            f"expected a state of the last layer's neurons, got those of layer {state.layer}: "
            "run the text without layer="
        )
    chosen = list(neurons)
    write = output_weights(model)[chosen] if writes is None else writes
    activations = wide(state.activations)
    before = activations[..., chosen]
    level = level_of(state, chosen, to).to(before)
    after = held(before, level, None if clip is None else clip.to(before.device)[chosen])
    activations = activations.index_copy(-1, torch.tensor(chosen, device=before.device), after)
    added = (after - before) @ write.to(before)
    changed = replace(state, activations=activations)
    norm = mlp_norm(model)
    if norm is None or state.mlp_out is None:
        return _with_residual(model, changed, state.residual + added)
    mlp_out = state.mlp_out + added
    moved = norm.apply(mlp_out) - norm.apply(state.mlp_out)
    return _with_residual(model, replace(changed, mlp_out=mlp_out), state.residual + moved)


def level_of(
    state: State, neurons: Sequence[int], to: float | Float[Tensor, " d_mlp"] | None
) -> Float[Tensor, " neuron"]:
    """What each neuron is held at, in double precision; by default its mean where it counts."""
    chosen, device = list(neurons), state.activations.device
    if to is None:
        return state.activations[state.counted][:, chosen].mean(dim=0, dtype=torch.float64)
    if isinstance(to, Tensor):
        return to.to(device).double()[chosen]
    return torch.full((len(chosen),), to, dtype=torch.float64, device=device)


def held(
    activations: Float[Tensor, "*any"],
    level: Float[Tensor, "*neuron"],
    clip: Bool[Tensor, "*neuron"] | None = None,
) -> Float[Tensor, "*any"]:
    """The level in the place of the activations; with `clip` only where they go beyond it."""
    after = level.expand_as(activations)
    if clip is None:
        return after
    lower, higher = torch.minimum(activations, after), torch.maximum(activations, after)
    return torch.where(clip, lower, higher)


@checked
@torch.no_grad()
def ablate_heads(model: Model, state: State, heads: Sequence[Head]) -> State:
    """BOS ablation: run the text again with all attention of the given heads on position 0.

    The heads' attention patterns are replaced together, in one forward pass;
    what later layers do follows from it (Stolfo et al. 2024, section 6). On a
    head that already looks at BOS alone nothing changes. Unlike setting a
    head's output to zero this keeps the constant that it adds at rest.

    Parameters
    ----------
    model : Model
        From `load_model`.
    state : State
        Of the model left alone; its text and layer are run again.
    heads : sequence of (int, int)
        Pairs (layer, head).

    Returns
    -------
    State
        Of the model without these heads.

    Raises
    ------
    TypeError
        If the model is from `load_light`.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> state = cn.run(model, cn.prose_tokens(model, count=2))
    >>> without = cn.ablate_heads(model, state, heads=[(0, 1), (2, 0)])
    >>> without.residual.shape == state.residual.shape
    True
    """
    by_layer: dict[int, list[int]] = {}
    for layer, head in heads:
        by_layer.setdefault(layer, []).append(head)
    bridge = need_bridge(model, "an attention pattern")
    hooks = [(pattern_hook(layer), _look_at_bos(chosen)) for layer, chosen in by_layer.items()]
    with bridge.hooks(fwd_hooks=hooks):
        return run_network(model, state.tokens, state.layer, state.counted)


@checked
@torch.no_grad()
def write(
    model: Model,
    state: State,
    direction: Float[Tensor, " d_model"],
    strength: float,
) -> State:
    """Add `strength` times the residual stream's own length along a direction.

    With x the residual stream (centred where the norm centres) and v the unit
    vector of the direction, x' = x + strength ||x|| v.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    state : State
        Where to write.
    direction : Float[Tensor, "d_model"]
        Of any length but zero.
    strength : float
        May be negative.

    Returns
    -------
    State
        A new state, with the same activations.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> state = cn.run(model, cn.prose_tokens(model, count=2))
    >>> null = cn.geometry(model).null_space[:, 0]
    >>> written = cn.write(model, state, null, strength=1.0)
    >>> bool((written.scale > state.scale)[:, 1:].float().mean() > 0.5)
    True
    """
    length = final_norm(model).centre(state.residual).norm(dim=-1, keepdim=True)
    unit = (direction / direction.norm()).to(state.residual)
    return _with_residual(model, state, state.residual + strength * length * unit)


def _with_residual(
    model: Model, state: State, residual: Float[Tensor, "batch position d_model"]
) -> State:
    return replace(state, residual=residual, scale=final_norm(model).scale(residual))


def _look_at_bos(heads: list[int]) -> Callable[[Tensor, object], Tensor]:
    def replace_pattern(
        pattern: Float[Tensor, "batch head query key"], hook: object
    ) -> Float[Tensor, "batch head query key"]:
        replaced = pattern.clone()
        replaced[:, heads] = 0
        replaced[:, heads, :, 0] = 1
        return replaced

    return replace_pattern


def rising(task: State, reference: State) -> Bool[Tensor, " d_mlp"]:
    """Which neurons fire more in one state than in another, for `ablate(clip=...)`."""
    return task.mean_activations() > reference.mean_activations()
