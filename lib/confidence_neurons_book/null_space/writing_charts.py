"""What writing along a direction does: one position to play with, all directions at once."""

from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, neurons
from confidence_neurons.charts.layers import Drawn
from confidence_neurons.charts.menus import Chooser
from confidence_neurons.charts.theme import BLUE, GREEN, GREY, ORANGE, PINK, finish
from confidence_neurons_book.null_space.spectrum_charts import with_floor
from confidence_neurons_book.null_space.writing import OTHERS

WIDTH, PANEL_HEIGHT = 232, 160
PANELS = {
    "entropy_change": "|entropy change| (nats)",
    "kl": "KL from clean (nats)",
    "argmax_changed": "first choice changed (share)",
}


def sweep_chart(sweep: pd.DataFrame, first_direction: str | None = None) -> alt.VConcatChart:
    """Choose a model and a direction, move the strength: the distribution answers.

    Parameters
    ----------
    sweep:
        Frames of `writing.writing_sweep`, each with a column `model`, over
        the same directions and the same, evenly spaced strengths, 0 included.
    first_direction:
        The direction that is chosen at first; by default the first one.
    """
    initially: dict[str, Any] = {"strength": 0, "direction": sweep["direction"].iloc[0]}
    if first_direction is not None:
        initially["direction"] = first_direction
    choose = {"model": "Model", "direction": "Direction"}
    every = Chooser.of(sweep, choose, {"strength": "Strength"}, initially)
    along = Chooser([], {column: every.tests[column] for column in choose})
    steps = sweep.drop_duplicates([*choose, "strength"])
    panels = (
        _probabilities(every.chart(sweep, ["token", "probability"])),
        _curve(along, every, steps, "entropy", "entropy (nats)", BLUE),
        _curve(along, every, steps, "scale_ratio", "scale / clean scale", ORANGE),
    )
    return finish(
        alt.vconcat(*panels).add_params(*every.parameters),
        title="Write along a direction and watch the output",
        description=(
            "Three panels driven by a choice of model, a choice of direction and a slider for the "
            "strength. Top: bars with the probability of the tokens that are most probable in the "
            "clean distribution, and of all others together. Middle: entropy against the "
            "strength. Bottom: the final scale, over its clean value, against the strength. A dot "
            "marks the present strength."
        ),
    )


def effects_chart(effects: pd.DataFrame) -> Drawn:
    """Effects of writing along each direction, against its direct change of the logits.

    `effects` holds frames of `writing.writing_effects`, each with a column
    `model` and a column `kind` (of the direction). Exact null directions,
    whose direct change is zero, stand at the left edge.
    """
    by_model = effects.groupby("model", sort=False)
    floored = pd.concat(with_floor(part, "logit_change") for _, part in by_model)
    x = Axis("shown", "direct change of the logits (length)", scale="log")
    first, *others = (Axis(column, title) for column, title in PANELS.items())
    return neurons(
        floored,
        x=x,
        y=first,
        beside=[(x, other) for other in others],
        group="effect",
        shaped_by="kind",
        choose={"model": "Model"},
        details={"direction": "direction", "scale_ratio": "scale / clean scale"},
        title="Every direction, written at the same strength",
        description=(
            "Three scatter plots over the directions of the residual stream, for the chosen model. "
            "Across, on a logarithmic axis: length of the direct change of the logits. Up: mean "
            "absolute change of entropy, mean KL divergence from the clean distribution, and "
            "share of tokens whose first choice changed. Colour tells the total effect from the "
            "direct one, shape the kind of direction. A box dragged in one marks the same "
            "directions in all."
        ),
    )


def _probabilities(chosen: alt.Chart) -> alt.Chart:
    return (
        chosen.mark_bar()
        .encode(
            x=Axis("probability", "probability", domain=(0, 1)).x(),
            y=alt.Y("token:N", sort=None, title="next token", axis=alt.Axis(labelLimit=75)),
            color=alt.condition(f"datum.token === '{OTHERS}'", alt.value(GREY), alt.value(GREEN)),
            tooltip=["token:N", "probability:Q"],
        )
        .properties(width=WIDTH, height=200)
    )


def _curve(
    along: Chooser, every: Chooser, steps: pd.DataFrame, column: str, title: str, colour: str
) -> alt.LayerChart:
    x = Axis("strength", "strength (in lengths of the residual)").x()
    y = Axis(column, title, domain=(0, float(steps[column].max()))).y()
    tooltip = ["strength:Q", alt.Tooltip(f"{column}:Q", title=title)]
    line = along.chart(steps, ["strength", column]).mark_line(color=colour)
    dot = every.chart(steps, [column]).mark_point(filled=True, size=110, color=PINK, opacity=1)
    layers = [each.encode(x=x, y=y, tooltip=tooltip) for each in (line, dot)]
    return alt.LayerChart(layer=layers, width=WIDTH, height=PANEL_HEIGHT)
