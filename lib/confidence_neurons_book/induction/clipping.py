"""Clip ablation on a second copy, and on the first as a control (Stolfo et al. 2024, section 6)."""

from collections.abc import Hashable, Mapping, Sequence

import pandas as pd

import confidence_neurons as cn
from confidence_neurons.measure.interventions import rising
from confidence_neurons.model.ends import Model
from confidence_neurons_book.induction.responses import PATHS


def clip_effects(
    model: Model,
    places: Mapping[str, cn.State],
    first: cn.State,
    second: cn.State,
    groups: Mapping[Hashable, Sequence[int]],
) -> pd.DataFrame:
    """Changes of entropy and loss when each group is clipped, the same way at all places.

    Parameters
    ----------
    places : mapping of str to State
        Where to measure, in the text of `first` and `second`.
    first, second : State
        The two copies: they say where each neuron is held, its mean on the
        first, and on which side of it, that of the second.
    groups : mapping of name to neurons
        One group at a time.

    Returns
    -------
    pd.DataFrame
        As from `effects`, with the paths "total" and "direct", and the
        `place`.
    """
    to, clip = first.mean_activations(), rising(second, first)
    return pd.concat(
        [
            cn.effects(model, state, groups, to=to, clip=clip, paths=list(PATHS)).assign(place=name)
            for name, state in places.items()
        ],
        ignore_index=True,
    )
