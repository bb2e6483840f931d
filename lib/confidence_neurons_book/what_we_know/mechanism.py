"""Claims about how neurons act: null directions, their writers, what marks them, frequency."""

from collections.abc import Sequence

import pandas as pd
from jaxtyping import Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.groups.names import ENTROPY, EQUAL_RHO
from confidence_neurons.weights.geometry import writes
from confidence_neurons.weights.spectrum import exact_null_directions
from confidence_neurons.weights.unigram import Unigram
from confidence_neurons_book.causal_effects.subjects import Subject
from confidence_neurons_book.frequency_direction.choosing import same_angle, shares
from confidence_neurons_book.frequency_direction.putting_back import neuron_effects
from confidence_neurons_book.null_space.readers import random_basis
from confidence_neurons_book.null_space.writing import DIRECT, written_entropy
from confidence_neurons_book.what_we_know import claims
from confidence_neurons_book.what_we_know.claims import CONTROL, NAMED, as_claim

STRENGTH = 0.5  # of the stream's length, as in chapter 2
RANDOM_DIRECTIONS = 4


def null_directions(subject: Subject, state: cn.State, every: int) -> pd.DataFrame:
    """The share of what a write does to the entropy that goes through the scale.

    The write is along the quietest direction; control: random directions.

    Parameters
    ----------
    subject
        The model.
    state
        Of a text.
    every
        One in so many of its tokens is written to.

    Returns
    -------
    Rows of a claim.
    """
    space = cn.geometry(subject.model, k=subject.k)
    directions = space.spectrum.directions.T
    quietest = -1 - exact_null_directions(space.spectrum.values)
    chosen = {
        NAMED: directions[[quietest]],
        CONTROL: random_basis(len(directions), RANDOM_DIRECTIONS).T,
    }
    found = written_entropy(subject.model, state, chosen, [STRENGTH], every)
    parts = []
    for name in chosen:
        total, direct = (
            found[found["written"] == written] for written in (name, f"{name}, {DIRECT}")
        )
        sizes = {"total": total["change"].to_numpy(), "direct": direct["change"].to_numpy()}
        parts.append(total[["sequence"]].assign(group=name, **sizes))
    effects = pd.concat(parts)
    share = cn.intervals(effects, values=["direct", "total"], statistic=cn.mediated_share)
    return as_claim(share, subject, claims.NULL)


def entropy_neurons(subject: Subject, tokens: Int[Tensor, "batch position"]) -> pd.DataFrame:
    """The LN-mediated share of entropy neurons' effect on entropy; control: equal rho."""
    groups = {NAMED: subject.groups[ENTROPY], CONTROL: subject.groups[EQUAL_RHO]}
    members = [neuron for group in groups.values() for neuron in group]
    effects = cn.with_groups(cn.token_effects(subject.model, tokens, members), groups)
    columns = ["entropy_direct", "entropy_total"]
    share = cn.intervals(effects, values=columns, size=True, statistic=cn.mediated_share)
    return as_claim(share, subject, claims.ACTS)


def marks(subject: Subject) -> pd.DataFrame:
    """Whether a high norm and a low LogitVar go with rho, over all neurons of the layer.

    Rank correlations, with intervals over neurons; control: rho in as many
    random directions as the null space has. Rows of two claims.
    """
    weights = cn.neuron_weights(subject.model, k=subject.k)
    spaces = {NAMED: subject.null_space, CONTROL: random_basis(*subject.null_space.shape)}
    w_out = writes(subject.model)
    fractions = {name: cn.null_fraction(w_out, space) for name, space in spaces.items()}
    columns = {claims.NORM: weights["weight_norm"], claims.LOGIT_VAR: -weights["logit_var"]}
    parts = []
    for claim, values in columns.items():
        products = [_products(values, rho).assign(group=name) for name, rho in fractions.items()]
        found = cn.intervals(pd.concat(products), values=["xy", "xx", "yy"], statistic=_correlation)
        parts.append(as_claim(found, subject, claim))
    return pd.concat(parts, ignore_index=True)


def frequency_neurons(
    subject: Subject,
    state: cn.State,
    neurons: Sequence[int],
    unigram: Unigram,
    to: Float[Tensor, " d_mlp"] | None = None,
) -> pd.DataFrame:
    """The share of frequency neurons' effect on entropy that goes through u.

    It goes when the clean projection on u is put back; control: for each
    neuron another direction at u's angle to what it writes.

    Parameters
    ----------
    subject
        The model.
    state
        Of a text.
    neurons
        The frequency neurons.
    unigram
        Whose direction u is.
    to
        What to hold the neurons at; by default their means over the text.

    Returns
    -------
    Rows of a claim.
    """
    angle = same_angle(subject.model, list(neurons), unigram)
    back = {NAMED: unigram.direction, CONTROL: angle}
    effects = neuron_effects(subject.model, state, neurons, back, unigram, to)
    found = [shares(effects.assign(group=name), "group", "entropy", name) for name in back]
    return as_claim(pd.concat(found), subject, claims.FREQUENCY)


def _products(values: pd.Series, fraction: Float[Tensor, " neuron"]) -> pd.DataFrame:
    """What a correlation of ranks is made of, one row per neuron."""
    ranks = pd.DataFrame({"x": values.to_numpy(), "y": fraction.cpu().numpy()}).rank()
    x, y = (ranks[name] - ranks[name].mean() for name in ("x", "y"))
    return pd.DataFrame({"sequence": range(len(x)), "xy": x * y, "xx": x * x, "yy": y * y})


def _correlation(
    xy: Float[Tensor, "*any"], xx: Float[Tensor, "*any"], yy: Float[Tensor, "*any"]
) -> Float[Tensor, "*any"]:
    return xy / (xx * yy).sqrt()
