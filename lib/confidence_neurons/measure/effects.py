"""What interventions do to the output, token by token: see `measure.paths` for the paths."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from confidence_neurons.checks import CHECKS, Given, checked, kind_of, numbers, size_of, some_of
from confidence_neurons.measure.interventions import ablate
from confidence_neurons.measure.outputs import (
    SCALE,
    needs_target,
    predict,
    tokens_at_once,
    unigram_for,
)
from confidence_neurons.measure.paths import PATHS, changes_along
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State, is_state, row_blocks
from confidence_neurons.weights.unigram import Counts, Unigram

GROUP = "group"


def is_changed(value: object, given: Given) -> dict[Hashable, State]:
    """Name -> state, at least one."""
    if not isinstance(value, Mapping) or not value:
        raise TypeError(f"expected changed as a mapping name -> state, got {kind_of(value)}")
    return {name: is_state(state, given) for name, state in value.items()}


def is_restored(value: object, given: Given) -> Tensor:
    """A vector of logits, of some length."""
    vector = numbers("restored", "d_vocab")(value, given)
    d_vocab = size_of(given, "d_vocab")
    if len(vector) != d_vocab or not vector.norm() > 0:
        raise ValueError(
            f"expected restored as a vector of {d_vocab} logits of some length, got "
            f"{len(vector)} of length {vector.norm():g}"
        )
    return vector / vector.norm()


CHECKS["paths"] = some_of("paths", PATHS)
CHECKS["changed"] = is_changed
CHECKS["restored"] = is_restored


@checked
def effects(
    model: Model,
    state: State,
    groups: Mapping[Any, Sequence[int]],
    *,
    to: float | Float[Tensor, " d_mlp"] | None = None,
    clip: Bool[Tensor, " d_mlp"] | None = None,
    paths: str | Sequence[str] = ("total", "direct", "indirect"),
    quantities: str | Sequence[str] = ("entropy", "loss"),
    counts: Counts | None = None,
) -> pd.DataFrame:
    """Changes at each counted position when the neurons of each group are held together.

    For every neuron by itself see `scan` and `token_effects`, which are fast.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    state : State
        Of the text to measure on. `state.at(mask)` chooses the positions.
    groups : mapping of name to neurons
        Last-layer neurons; those of a group are changed together.
    to, clip
        As in `ablate`. To hold the neurons at their mean over another text,
        give `other_state.mean_activations()`.
    paths, quantities, counts
        As in `compare`.

    Returns
    -------
    pd.DataFrame
        As `compare`; the groups one after the other.

    Raises
    ------
    ValueError
        If counts are needed and missing, or a last position counts.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> state = cn.run(model, cn.prose_tokens(model, count=2))
    >>> frame = cn.effects(model, state, {"two": [0, 1]}, paths="total", quantities="entropy")
    >>> frame.columns.tolist()
    ['group', 'sequence', 'position', 'entropy_total', 'kl_from_clean', 'argmax_changed']
    """
    level = state.mean_activations() if to is None else to

    def held(neurons: Sequence[int]) -> Change:
        return lambda rows: ablate(model, state.rows(rows), neurons, to=level, clip=clip)

    changes = {name: held(neurons) for name, neurons in groups.items()}
    return _compare(model, state, changes, Asked.of(model, paths, quantities, counts))


@checked
def compare(
    model: Model,
    state: State,
    changed: Mapping[Any, State],
    *,
    paths: str | Sequence[str] = ("total", "direct", "indirect"),
    quantities: str | Sequence[str] = ("entropy", "loss"),
    counts: Counts | None = None,
    restored: Float[Tensor, " d_vocab"] | None = None,
) -> pd.DataFrame:
    """Changes at each counted position, whatever the intervention.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    state : State
        The clean state; its counted positions are measured.
    changed : mapping of name to State
        What interventions made of it.
    paths : str or sequence of str
        Of "total", "direct", "indirect" and "frequency": see `measure.paths`.
    quantities : str or sequence of str
        As in `read`.
    counts : Int[Tensor, "d_vocab"] or Unigram, optional
        Token counts; by default those that ship with a bundled model.
    restored : Float[Tensor, "d_vocab"], optional
        Another unit vector of logits whose clean projection the path
        "frequency" puts back, as a control.

    Returns
    -------
    pd.DataFrame
        One row per name and counted position: `group` (the name), `sequence`,
        `position`; for each quantity and path the column `quantity_path`,
        changed minus clean, in nats or the quantity's own unit;
        `kl_from_clean`, KL(clean || changed) in nats, and `argmax_changed`, 1
        where the first choice is another one, both along the total path.

    Raises
    ------
    ValueError
        As `effects`; also if a state is of another text.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> state = cn.run(model, cn.prose_tokens(model, count=2))
    >>> without = {"head 0.1": cn.ablate_heads(model, state, [(0, 1)])}
    >>> frame = cn.compare(model, state, without, paths="total", quantities="loss")
    >>> frame["group"].unique().tolist()
    ['head 0.1']
    """
    for name, other in changed.items():
        if other.residual.shape != state.residual.shape:
            raise ValueError(
                f"expected states of one text, got {name!r} of shape {list(other.residual.shape)} "
                f"beside {list(state.residual.shape)}"
            )
    asked = Asked.of(model, paths, quantities, counts, restored)
    return _compare(model, state, {name: other.rows for name, other in changed.items()}, asked)


Change = Callable[[slice], State]


class Asked(NamedTuple):
    """Which paths and quantities, and the unigram distribution if they need it."""

    paths: Sequence[str]
    quantities: Sequence[str]
    unigram: Unigram | None

    @classmethod
    def of(
        cls,
        model: Model,
        paths: str | Sequence[str],
        quantities: str | Sequence[str],
        counts: Counts | None,
        restored: Float[Tensor, " d_vocab"] | None = None,
    ) -> "Asked":
        """What a call asked for, with the unigram distribution it needs."""
        needs = (*quantities, "kl") if "frequency" in paths else quantities
        unigram = unigram_for(model, needs, counts)
        if unigram is not None and restored is not None:
            unigram = unigram.restoring(restored)
        return cls(paths, quantities, unigram)


@torch.no_grad()
def _compare(
    model: Model, state: State, changes: Mapping[Any, Change], asked: Asked
) -> pd.DataFrame:
    """Some rows of the text at a time, so that the clean logits are made once."""
    parts: dict[Hashable, list[pd.DataFrame]] = {name: [] for name in changes}
    target = needs_target(asked.quantities)
    for rows in row_blocks(state.tokens, tokens_at_once(model)):
        clean = state.rows(rows)
        before = predict(model, clean, asked.unigram, target)
        levels = before.read(set(asked.quantities) - {SCALE})
        for name, change in changes.items():
            columns = changes_along(
                model, clean, change(rows), before, levels, asked.paths, asked.quantities
            )
            parts[name].append(
                pd.DataFrame({key: values.cpu().numpy() for key, values in columns.items()})
            )
    places = state.places()
    frames = [
        pd.concat(
            [places.assign(**{GROUP: [name] * len(places)}), pd.concat(several, ignore_index=True)],
            axis=1,
        )
        for name, several in parts.items()
    ]
    frame = pd.concat(frames, ignore_index=True)
    return frame[[GROUP, *frame.columns.drop(GROUP)]]
