"""A model with all that the chapter measures on it: neurons, controls, texts, levels at rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.groups.names import ENTROPY, EQUAL_NORM, EQUAL_RHO, RANDOM
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State
from confidence_neurons_book.causal_effects.kinds import chosen_on, kinds_of_text


@dataclass(frozen=True)
class Subject:
    """A model, groups of its neurons, and texts.

    Attributes
    ----------
    name
        Of the model.
    model
        From `cn.load_light`.
    groups
        Its entropy neurons as recorded, and as many others: of nearest weight
        norm, of nearest null-space fraction, and at random.
    texts
        Kind -> rows of tokens, on which no neuron was chosen.
    reference
        The rows on which neurons were chosen: what rests is held at its mean there.
    null_space
        Directions of the null space, as columns.
    k
        How many they are; None where they are those below the spectrum's gap.
    """

    name: str
    model: Model
    groups: Mapping[str, Sequence[int]]
    texts: Mapping[str, Int[Tensor, "batch position"]]
    reference: State
    null_space: Float[Tensor, "d_model k"]
    k: int | None

    @classmethod
    def of(cls, name: str, length: int, count: int, k: int | None = None) -> "Subject":
        """Load a model and make ready so many rows of such a length."""
        model = cn.load_light(name)
        chosen = cn.recorded_groups(name)[ENTROPY]
        others = cn.controls(model, chosen, (EQUAL_NORM, EQUAL_RHO, RANDOM), k=k)
        return cls(
            name,
            model,
            {ENTROPY: chosen, **others},
            kinds_of_text(model, length, count),
            cn.run(model, chosen_on(model, length, count)),
            cn.geometry(model, k=k).null_space,
            k,
        )
