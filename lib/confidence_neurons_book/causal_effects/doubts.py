"""The timing of the dial once more: other neurons, another level at rest, a text of one's own."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from jaxtyping import Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.groups.names import ENTROPY, EQUAL_RHO, RANDOM
from confidence_neurons.model.architecture import output_weights
from confidence_neurons_book.causal_effects.dial import Dial
from confidence_neurons_book.causal_effects.hands import turns
from confidence_neurons_book.causal_effects.subjects import Subject
from confidence_neurons_book.causal_effects.timing import read_turns, saved

WRITERS = 0.6  # null-space fraction
OWN_MEAN = "the nine, resting at the text's mean"


def doubts(subject: Subject, kinds: Sequence[str]) -> pd.DataFrame:
    """What a still dial saves, and its timing, whoever turns it and wherever it rests.

    Parameters
    ----------
    subject
        The model and what is measured on it.
    kinds
        Of text.

    Returns
    -------
    As `timing.saved`.
    """
    nine, model = subject.groups[ENTROPY], subject.model
    fractions = cn.null_fraction(output_weights(model), subject.null_space)
    writers = (fractions > WRITERS).nonzero().flatten().tolist()
    sets = {
        f"{nine[0]} alone": nine[:1],
        "the others of the nine": nine[1:],
        f"all {len(writers)} with rho > {WRITERS}": writers,
        **{name: subject.groups[name] for name in (EQUAL_RHO, RANDOM)},
    }
    frames = []
    for kind in kinds:
        state = cn.run(model, subject.texts[kind])
        own = replace(subject, groups={OWN_MEAN: nine}, reference=state)
        turned = turns(replace(subject, groups=sets), state, stream=False)
        turned |= turns(own, state, stream=False)
        frames.append(saved(read_turns(subject, kind, state, turned)))
    return pd.concat(frames, ignore_index=True)


def in_short(subject: Subject, tokens: Int[Tensor, "batch position"]) -> str:
    """Mean turn of the entropy neurons and mean need of a text, in a sentence."""
    state = cn.run(subject.model, tokens)
    turn = turns(subject, state, stream=False)[ENTROPY]
    told = Dial.of(subject.model, state).read(-turn)
    need = (told["loss"] - told["entropy"]).mean()
    return (
        f"{len(tokens)} rows: turn {float(turn.mean()):+.3f}, need at rest {float(need):+.2f} nats"
    )
