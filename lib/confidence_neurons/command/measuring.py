"""Measure a model: what a scan finds, as tidy frames."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pandas as pd

import confidence_neurons as cn
from confidence_neurons.command.assumptions import assumptions, model_record
from confidence_neurons.command.choosing import Choice, choose
from confidence_neurons.command.effects import measure_choices
from confidence_neurons.command.settings import Settings
from confidence_neurons.command.text import Rows
from confidence_neurons.engine.closed_form import Held
from confidence_neurons.engine.memory import DEFAULT_BUDGET
from confidence_neurons.engine.scan import FASTEST, scan_state
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State
from confidence_neurons.weights.geometry import Geometry
from confidence_neurons.weights.unigram import Counts

HEARD, NULL_SPACE = "others", "null space"
FROM_CHOOSING = ("entropy_total", "entropy_ln_mediated")
Stages = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Findings:
    """What a scan found.

    Attributes
    ----------
    model
        Name, sizes and family of the model.
    text
        What was read: source, rows, checksum.
    spectrum
        `index`, `singular_value`, `kind` ("null space" or "others").
    neurons
        The frame of `cn.scan` on the rows that are reported on, `group`, and
        what the choice was made by on the other rows: `chosen_on_...`.
    choices
        The chosen neurons of each kind, with their controls. A group of
        neurons that do not meet the criteria is called "... candidates".
    groups
        `of` (the kind), `group`, `held` ("together" or "one by one"),
        `neurons`, `quantity`, `estimate`, `low`, `high`, `tokens`.
    members
        The same for single neurons: `of`, `group`, `neuron`, ...
    assumptions
        What was assumed, in sentences.
    """

    model: dict[str, Any]
    text: dict[str, Any]
    spectrum: pd.DataFrame
    neurons: pd.DataFrame
    choices: list[Choice]
    groups: pd.DataFrame
    members: pd.DataFrame
    assumptions: dict[str, str]


def measure(
    model: Model, rows: Rows, counts: Counts | None, settings: Settings, stages: Stages
) -> Findings:
    """Scan all neurons, choose on some rows, measure the chosen ones on the others."""
    layer = model.cfg.n_layers - 1 if settings.layer is None else settings.layer
    with stages("Unembedding, its spectrum and null space"):
        space = cn.geometry(model, k=settings.null_directions, counts=counts)
    with stages("All neurons, on the rows to choose on"):
        scanned = scan_all(model, cn.run(model, rows.choosing, layer=layer), space, settings)
    with stages("All neurons, on the rows to report on"):
        state = cn.run(model, rows.reporting, layer=layer)
        neurons = scan_all(model, state, space, settings)
    with stages("Controls"):
        choices = choose(scanned, frequency=counts is not None, seed=settings.seed)
    with stages("Chosen neurons and their controls"):
        groups, members = measure_choices(model, state, choices, counts, settings)
    marked = cn.with_groups(neurons, {choice.name: choice.neurons for choice in choices})
    chosen_on = {f"chosen_on_{name}": scanned[name] for name in FROM_CHOOSING}
    return Findings(
        model=model_record(model, layer),
        text=rows.record(),
        spectrum=spectrum_frame(space),
        neurons=marked.assign(**chosen_on),
        choices=choices,
        groups=groups,
        members=members,
        assumptions=assumptions(model, rows, space, neurons, choices, settings),
    )


def scan_all(model: Model, state: State, space: Geometry, settings: Settings) -> pd.DataFrame:
    """All neurons as the settings want them; without a method by second order where it can be."""
    to_hold = Held.of(state, None, None, None)
    return scan_state(
        model,
        state,
        space,
        to_hold,
        method=settings.method or FASTEST,
        memory_budget=settings.memory_budget or DEFAULT_BUDGET,
        seed=settings.seed,
    )


def spectrum_frame(space: Geometry) -> pd.DataFrame:
    """Singular values, the largest first, and which of them are the null space's."""
    values = space.spectrum.values.tolist()
    heard = len(values) - space.k
    return pd.DataFrame(
        {
            "index": range(1, len(values) + 1),
            "singular_value": values,
            "kind": [HEARD] * heard + [NULL_SPACE] * space.k,
        }
    )
