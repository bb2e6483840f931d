"""What turns the final scale: the same text where some of it rests, and the turn at each token.

What rests is held at its mean over a reference text, so that it no longer
answers to the text at hand. With s the scale at a token and s0 the scale where
something rests, it turns the dial by log(s / s0): above 0 it heats the
prediction, below 0 it cools it.
"""

from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.architecture import final_norm
from confidence_neurons.model.state import State
from confidence_neurons_book.causal_effects.subjects import Subject

NULL_PART, SCALE = "null part", "whole scale"


def turns(
    subject: Subject, state: State, *, stream: bool = True
) -> dict[str, Float[Tensor, " token"]]:
    """How far the dial is turned at each counted token of a text, by whom.

    Parameters
    ----------
    subject
        The model and what is measured on it.
    state
        Of the text.
    stream
        Whether to look beyond the neurons as well.

    Returns
    -------
    Name -> turn: for each group of neurons, and, if asked for, for what stands
    in the null space of the residual stream and for the whole scale.
    """
    level = subject.reference.mean_activations()
    scale = state.scale[state.counted]
    rested = {
        name: cn.ablate(subject.model, state, few, to=level).scale[state.counted]
        for name, few in subject.groups.items()
    }
    if stream:
        rested |= _without(subject, state.residual[state.counted])
    return {name: (scale / other).log().squeeze(-1) for name, other in rested.items()}


def _without(
    subject: Subject, residual: Float[Tensor, "token d_model"]
) -> dict[str, Float[Tensor, "..."]]:
    """The scale where the null part of the stream is held at its mean; a constant scale."""
    reference, null_space = subject.reference, subject.null_space
    mean = (reference.residual[reference.counted] @ null_space).mean(dim=0)
    held = residual + (mean - residual @ null_space) @ null_space.T
    usual = reference.scale[reference.counted].log().mean().exp()
    return {NULL_PART: final_norm(subject.model).scale(held), SCALE: usual}
