"""Claims about what entropy neurons are for: hedging, regulating, being of use."""

from collections.abc import Hashable

import pandas as pd
from jaxtyping import Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.groups.names import ENTROPY, EQUAL_NORM
from confidence_neurons_book.causal_effects import timing
from confidence_neurons_book.causal_effects.dial import Dial
from confidence_neurons_book.causal_effects.hands import turns
from confidence_neurons_book.causal_effects.subjects import Subject
from confidence_neurons_book.induction.responses import response, take_back, thinned
from confidence_neurons_book.what_we_know import claims
from confidence_neurons_book.what_we_know.claims import CONTROL, NAMED, as_claim

GROUPS = {NAMED: ENTROPY, CONTROL: EQUAL_NORM}


def hedging(
    subject: Subject, tokens: Int[Tensor, "batch position"], period: int, every: int = 1
) -> pd.DataFrame:
    """What the strongest entropy neuron's response to a second copy adds to the entropy.

    Strongest on the rows on which neurons were chosen. Control: the neuron of
    nearest norm.

    Parameters
    ----------
    subject
        The model.
    tokens
        BOS and two copies.
    period
        Length of a copy.
    every
        One in so many positions of the second copy is measured.

    Returns
    -------
    Rows of a claim, in nats.
    """
    chosen = subject.groups[ENTROPY]
    alike = cn.controls(subject.model, chosen[:1], EQUAL_NORM, exclude=chosen)[EQUAL_NORM]
    groups: dict[Hashable, list[int]] = {NAMED: list(chosen[:1]), CONTROL: alike}
    state = cn.run(subject.model, tokens)
    first, second = (state.at(copy) for copy in cn.induction.copy_masks(tokens, period))
    task = thinned(second, every)
    back = take_back(subject.model, task, response(second, first), groups, ("entropy",))
    added = back.assign(added=-back["entropy_total"])
    return as_claim(cn.intervals(added, values="added"), subject, claims.HEDGING)


def controllers(subject: Subject, state: cn.State) -> pd.DataFrame:
    """Whether entropy neurons turn the scale where it is needed: a rank correlation.

    Turn and need are those of chapter 4; control: neurons of equal norm.
    """
    dial, turned, parts = Dial.of(subject.model, state), turns(subject, state), []
    for name, group in GROUPS.items():
        rest = dial.read(-turned[group])
        columns = {
            "turn": turned[group],
            "need": rest["loss"] - rest["entropy"],
            "rest_entropy": rest["entropy"],
        }
        numbers = {column: values.cpu().numpy() for column, values in columns.items()}
        parts.append(state.places().assign(model=subject.name, text="", group=name, **numbers))
    found = timing.rank_correlations(pd.concat(parts, ignore_index=True))
    return as_claim(found[found["signal"] == "need"], subject, claims.CONTROLLERS)


def costs(subject: Subject, state: cn.State, kind: str) -> pd.DataFrame:
    """By how much the loss rises when entropy neurons rest; control: neurons of equal norm.

    Parameters
    ----------
    subject
        The model, and the reference over which what rests has its mean.
    state
        Of a text.
    kind
        What the text is called.

    Returns
    -------
    Rows of a claim, in nats a token.
    """
    sets = {name: subject.groups[group] for name, group in GROUPS.items()}
    level = subject.reference.mean_activations()
    rested = cn.effects(subject.model, state, sets, to=level, paths="total", quantities="loss")
    return as_claim(cn.intervals(rested, values="loss_total"), subject, claims.of_use(kind))
