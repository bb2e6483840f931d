"""Sets of heads and of neurons, and control sets of the same size that share no member.

An effect of a chosen set means something only beside that of a set that was
not chosen. Neurons that write more do more: `nearest_norm_neurons` asks
whether the chosen ones are special among neurons that write as much.
"""

from collections.abc import Collection, Sequence
from typing import TypeVar

import torch
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.weights.neurons import chosen_neurons, neuron_weights
from confidence_neurons.weights.unembedding import weight_norm

Head = tuple[int, int]
Member = TypeVar("Member")


def check_heads(heads: Sequence[Head], n_layers: int, n_heads: int) -> None:
    """Refuse an empty set, a head that is not there, or one that is named twice.

    Raises
    ------
    ValueError
        In each of these cases.
    """
    if len(heads) == 0:
        raise ValueError("expected at least one head as (layer, head), got none")
    for head in heads:
        if len(head) != 2 or head[0] not in range(n_layers) or head[1] not in range(n_heads):
            raise ValueError(
                f"expected heads (layer, head) with layers from 0 to {n_layers - 1} and heads "
                f"from 0 to {n_heads - 1}, got {head}"
            )
    repeated = sorted({tuple(head) for head in heads if heads.count(head) > 1})
    if repeated:
        raise ValueError(f"expected each head once, got {repeated} more than once")


def random_neurons(
    model: TransformerBridge,
    neurons: Sequence[int],
    *,
    exclude: Collection[int] = (),
    seed: int = 0,
) -> list[int]:
    """As many last-layer neurons, drawn at random from all others.

    Parameters
    ----------
    exclude:
        Neurons that are not drawn either, such as those of another set.

    Raises
    ------
    ValueError
        If `neurons` is empty, out of range or names one twice, or too few
        neurons are left.
    """
    d_mlp = len(neuron_weights(model))
    chosen = chosen_neurons(neurons, d_mlp)
    return _draw("neurons", range(d_mlp), chosen, exclude, seed)


def nearest_norm_neurons(
    model: TransformerBridge, neurons: Sequence[int], *, exclude: Collection[int] = ()
) -> list[int]:
    """For each neuron another of the last layer whose weight norm is nearest to its own.

    None is taken twice: neurons choose in turn, the one with the highest norm
    first. The result stands in the order of `neurons`. The strongest neurons
    of a layer may have no equal; compare the norms.

    Raises
    ------
    ValueError
        As `random_neurons`.
    """
    norms = weight_norm(neuron_weights(model)).tolist()
    chosen = chosen_neurons(neurons, len(norms))
    free = _others("neurons", range(len(norms)), chosen, exclude)
    partner = {}
    for neuron in sorted(chosen, key=lambda neuron: -norms[neuron]):
        distances = {other: abs(norms[other] - norms[neuron]) for other in free}
        partner[neuron] = min(free, key=distances.__getitem__)
        free.remove(partner[neuron])
    return [partner[neuron] for neuron in chosen]


def random_heads(
    model: TransformerBridge,
    heads: Sequence[Head],
    *,
    exclude: Collection[Head] = (),
    seed: int = 0,
) -> list[Head]:
    """As many heads, drawn at random from all others of the model.

    Parameters
    ----------
    exclude:
        Heads that are not drawn either, such as the previous-token heads,
        without which induction fails as well.

    Raises
    ------
    ValueError
        If `heads` is empty, out of range or names one twice, or too few
        heads are left.
    """
    n_layers, n_heads = model.cfg.n_layers, model.cfg.n_heads
    check_heads(heads, n_layers, n_heads)
    every = [(layer, head) for layer in range(n_layers) for head in range(n_heads)]
    return _draw("heads", every, heads, exclude, seed)


def _draw(
    what: str,
    every: Sequence[Member],
    chosen: Sequence[Member],
    exclude: Collection[Member],
    seed: int,
) -> list[Member]:
    free = _others(what, every, chosen, exclude)
    order = torch.randperm(len(free), generator=torch.Generator().manual_seed(seed))
    return [free[index] for index in order[: len(chosen)].tolist()]


def _others(
    what: str, every: Sequence[Member], chosen: Sequence[Member], exclude: Collection[Member]
) -> list[Member]:
    taken = {*chosen, *exclude}
    free = [member for member in every if member not in taken]
    if len(free) < len(chosen):
        raise ValueError(
            f"expected at least {len(chosen)} other {what} to draw from, {len(free)} are left: "
            "choose fewer, or exclude fewer"
        )
    return free
