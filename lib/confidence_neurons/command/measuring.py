"""Measure a model: what a scan finds, as tidy frames."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch

import confidence_neurons as cn
from confidence_neurons.command.assumptions import assumptions, model_record
from confidence_neurons.command.choosing import Choice, choose
from confidence_neurons.command.effects import measure_choices
from confidence_neurons.command.settings import Settings
from confidence_neurons.command.text import Rows
from confidence_neurons.engine.memory import DEFAULT_BUDGET
from confidence_neurons.model.ends import Model
from confidence_neurons.weights.geometry import Geometry, weight_table, writes
from confidence_neurons.weights.unigram import Counts, Unigram

EXACT, SECOND_ORDER = "exact", "second-order"
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
        space = cn.geometry(model, k=settings.k, counts=counts)
    with stages("All neurons, on the rows to choose on"):
        scanned = scan_all(model, rows.choosing, counts, space, settings)
    with stages("All neurons, on the rows to report on"):
        neurons = scan_all(model, rows.reporting, counts, space, settings)
    with stages("Controls"):
        choices = choose(scanned, frequency=counts is not None, seed=settings.seed)
    with stages("Chosen neurons and their controls"):
        groups, members = measure_choices(model, rows.reporting, choices, counts, settings)
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


def scan_all(
    model: Model, tokens: torch.Tensor, counts: Counts | None, space: Geometry, settings: Settings
) -> pd.DataFrame:
    """`cn.scan` as the settings want it; without a method second order where it can be had."""
    own = isinstance(counts, Unigram)  # which scan does not take
    given: dict[str, Any] = {"layer": settings.layer, "k": space.k, "seed": settings.seed}
    given |= {"counts": None if own else counts}
    given |= {"memory_budget": settings.memory_budget or DEFAULT_BUDGET}
    try:
        frame = cn.scan(model, tokens, method=settings.method or SECOND_ORDER, **given)
    except ValueError:
        if settings.method is not None:
            raise
        # What is wrong besides is told by the other way.
        frame = cn.scan(model, tokens, method=EXACT, **given)
    if not own:
        return frame
    weights = weight_table(writes(model, settings.layer), space, range(len(frame)))
    return frame.assign(frequency_cosine=weights["frequency_cosine"])


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
