"""Controls: other groups of the same size, without a member of the groups they stand beside.

An effect of a chosen group means something only beside that of a group that
was not chosen. Neurons that write more do more: "equal norm" asks whether the
chosen ones are special among neurons that write as much, "equal rho" among
those that write as much into the null space.
"""

from collections.abc import Collection, Sequence
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.checks import CHECKS, checked, some_of
from confidence_neurons.groups.names import EQUAL_NORM, EQUAL_RHO, MOST_CHANGED, RANDOM
from confidence_neurons.measure.interventions import Head
from confidence_neurons.model.architecture import output_weights
from confidence_neurons.model.ends import Model
from confidence_neurons.weights.geometry import geometry
from confidence_neurons.weights.neurons import null_fraction

KINDS = (EQUAL_NORM, EQUAL_RHO, RANDOM, MOST_CHANGED)
CHECKS["kinds"] = some_of("kinds", KINDS)

Member = TypeVar("Member", int, Head)


@checked
def controls(
    model: Model,
    neurons: Sequence[int],
    kinds: str | Sequence[str] = (EQUAL_NORM, RANDOM),
    *,
    exclude: Collection[int] = (),
    change: Float[Tensor, " d_mlp"] | None = None,
    k: int | None = None,
    seed: int = 0,
) -> dict[str, list[int]]:
    """Control groups for some last-layer neurons; no neuron is in two of them.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    neurons : sequence of int
        The group to be controlled for.
    kinds : str or sequence of str
        "equal norm": for each neuron another whose weight norm is nearest to
        its own; "equal rho": likewise for the null-space fraction; "random":
        drawn from all others; "most changed": those whose `change` is largest.
    exclude : collection of int
        Neurons that are not taken either, such as other groups.
    change : Float[Tensor, "d_mlp"], optional
        For "most changed": how much each neuron's mean activation changes on a
        task.
    k : int, optional
        For "equal rho": how many null directions; by default those below the
        spectrum's gap, as in `geometry`.
    seed : int
        Decides what is drawn.

    Returns
    -------
    dict[str, list[int]]
        Kind -> as many neurons. Partners stand in the order of `neurons`; the
        neuron with the highest norm (or fraction) chooses first, and may have
        no equal: compare the norms.

    Raises
    ------
    ValueError
        If too few other neurons are left, or `change` is missing.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> found = cn.controls(cn.load_model("prose"), [0, 1, 2])
    >>> {name: len(members) for name, members in found.items()}
    {'equal norm': 3, 'random': 3}
    """
    w_out = output_weights(model)
    taken, found = {*neurons, *exclude}, {}
    for kind in kinds:
        free = others(range(len(w_out)), taken, len(neurons))
        if kind == RANDOM:
            found[kind] = drawn(free, len(neurons), seed)
        elif kind == MOST_CHANGED:
            if change is None:
                raise ValueError("expected change= for the kind 'most changed', got none")
            found[kind] = sorted(free, key=lambda neuron: -abs(float(change[neuron])))
            found[kind] = found[kind][: len(neurons)]
        elif kind == EQUAL_NORM:
            found[kind] = partners(neurons, free, w_out.norm(dim=-1))
        elif kind == EQUAL_RHO:
            directions = geometry(model, k=k).null_space
            found[kind] = partners(neurons, free, null_fraction(w_out, directions))
        taken |= set(found[kind])
    return found


@checked
def random_heads(
    model: Model,
    heads: Sequence[Head],
    *,
    exclude: Collection[Head] = (),
    seed: int = 0,
) -> list[Head]:
    """As many attention heads, drawn at random from all others of the model.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    heads : sequence of (int, int)
        Pairs (layer, head) to be controlled for.
    exclude : collection of (int, int)
        Heads that are not drawn either, such as the previous-token heads,
        without which induction fails as well.
    seed : int
        Decides what is drawn.

    Returns
    -------
    list[tuple[int, int]]
        Pairs (layer, head).

    Raises
    ------
    ValueError
        If too few other heads are left.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> len(cn.random_heads(cn.load_model("prose"), [(0, 0), (1, 2)]))
    2
    """
    n_layers, n_heads = model.cfg.n_layers, model.cfg.n_heads
    every = [(layer, head) for layer in range(n_layers) for head in range(n_heads)]
    return drawn(others(every, {*heads, *exclude}, len(heads)), len(heads), seed)


def others(members: Sequence[Member], taken: Collection[Member], least: int) -> list[Member]:
    """All that are not taken, at least so many."""
    free = [member for member in members if member not in taken]
    if len(free) < least:
        raise ValueError(
            f"expected at least {least} others to take from, {len(free)} are left: "
            "choose fewer, or exclude fewer"
        )
    return free


def drawn(free: Sequence[Member], count: int, seed: int) -> list[Member]:
    """So many of the free ones, at random."""
    order = torch.randperm(len(free), generator=torch.Generator().manual_seed(seed))
    return [free[index] for index in order[:count].tolist()]


def partners(
    neurons: Sequence[int], free: Sequence[int], measure: Float[Tensor, " d_mlp"]
) -> list[int]:
    """For each neuron the free one that is nearest in a measure; the highest chooses first."""
    left, values = list(free), measure.tolist()
    partner = {}
    for neuron in sorted(neurons, key=lambda neuron: -values[neuron]):
        distances = {other: abs(values[other] - values[neuron]) for other in left}
        partner[neuron] = min(left, key=distances.__getitem__)
        left.remove(partner[neuron])
    return [partner[neuron] for neuron in neurons]
