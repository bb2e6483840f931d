"""From a text and some neurons to what the closed form needs of them."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from confidence_neurons.checks import finite
from confidence_neurons.engine.memory import Plan
from confidence_neurons.engine.readout import MlpOutput, Readout, Sources
from confidence_neurons.measure.interventions import held, level_of
from confidence_neurons.model.architecture import mlp_norm, output_weights
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State

DOUBLE_BELOW = 2**26  # ablated logits: tokens x neurons x vocabulary


class Held(NamedTuple):
    """The neurons to be held, one by one.

    Attributes
    ----------
    neurons : sequence of int
        Which of the layer's.
    level : Float[Tensor, "neuron"]
        What each is held at.
    clip : Bool[Tensor, "neuron"], optional
        Whether each is clipped from above; see `measure.interventions.ablate`.
    """

    neurons: Sequence[int]
    level: Float[Tensor, " neuron"]
    clip: Bool[Tensor, " neuron"] | None = None

    @classmethod
    def of(
        cls,
        state: State,
        neurons: Sequence[int] | None,
        to: float | Float[Tensor, " d_mlp"] | None,
        clip: Bool[Tensor, " d_mlp"] | None,
    ) -> "Held":
        """All neurons by default, at their mean over the state's counted positions."""
        chosen = list(range(state.activations.shape[-1]) if neurons is None else neurons)
        clipped = None if clip is None else clip.to(state.activations.device)[chosen]
        return cls(chosen, level_of(state, chosen, to), clipped)


def precision(model: Model, state: State, neurons: int) -> torch.dtype:
    """Precision of the closed form: double where it costs next to nothing.

    In single precision an effect is good to some 1e-7 nats, which may be
    all of it in a small model.
    """
    logits = int(state.counted.sum()) * neurons * model.cfg.d_vocab
    has_double = torch.device(model.cfg.device).type != "mps"
    return torch.float64 if has_double and logits <= DOUBLE_BELOW else torch.float32


def prepare(
    model: Model, state: State, to_hold: Held, memory_budget: float
) -> tuple[Readout, Sources, Plan]:
    """What the closed form needs: the readout, what ablations are worked out from, how to walk.

    Raises
    ------
    ValueError
        If the budget, in bytes, is too small.
    """
    neurons = list(to_hold.neurons)
    dtype = precision(model, state, len(neurons))
    readout = Readout.from_model(model).to(dtype)
    stored = readout.unembedding
    plan = Plan.within(
        memory_budget,
        model.cfg.d_vocab,
        len(neurons),
        str(model.cfg.device),
        number_size=dtype.itemsize,
        copy_size=stored.numel() * dtype.itemsize,
        widens=stored.dtype != dtype,
    )
    w_out = output_weights(model)[neurons]
    finite(w_out, "output weights")
    activations = state.activations[state.counted][:, neurons].to(dtype)
    delta = held(activations, to_hold.level.to(dtype), to_hold.clip) - activations
    norm, mlp = mlp_norm(model), None
    if norm is not None and state.mlp_out is not None:
        mlp = MlpOutput(state.mlp_out[state.counted], norm)
    sources = Sources(state.residual[state.counted], state.targets(), w_out, delta, mlp)
    return readout.copied() if plan.copy else readout, sources, plan
