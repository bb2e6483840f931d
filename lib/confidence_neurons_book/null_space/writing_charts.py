"""What writing along a direction does: one position to play with, all directions at once."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.menus import buttons, menu
from confidence_neurons.charts.theme import BLUE, GREEN, GREY, ORANGE, PINK, finish
from confidence_neurons_book.null_space.spectra import EXACT_NULL, LEARNED_NULL, VISIBLE
from confidence_neurons_book.null_space.spectrum_charts import with_floor
from confidence_neurons_book.null_space.writing import OTHERS

PANEL_WIDTH = 250
PANEL_HEIGHT = 160
RANDOM = "random"
KINDS = [VISIBLE, LEARNED_NULL, EXACT_NULL, RANDOM]
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

    Raises
    ------
    ValueError
        If `first_direction` is not in the sweep.
    """
    keys = ["model", "direction", "strength", "entropy", "scale_ratio"]
    packed = (
        sweep.round(4).groupby(keys, sort=False, as_index=False)[["token", "probability"]].agg(list)
    )
    models, names = list(sweep["model"].unique()), list(sweep["direction"].unique())
    strengths = sorted(sweep["strength"].unique())
    model = buttons("sweep_model", "Model", models)
    direction = menu("sweep_direction", "Direction", names, first=first_direction)
    strength = alt.param(
        name="sweep_strength",
        value=0,
        bind=alt.binding_range(
            min=strengths[0],
            max=strengths[-1],
            step=strengths[1] - strengths[0],
            name="Strength: ",
        ),
    )
    chosen = alt.Chart(packed).transform_filter(
        "datum.model === sweep_model && datum.direction === sweep_direction"
    )
    now = "abs(datum.strength - sweep_strength) < 1e-6"
    panels = (
        _bars(chosen.transform_filter(now)),
        _curve(chosen, now, "entropy", "entropy (nats)", BLUE),
        _curve(chosen, now, "scale_ratio", "scale / clean scale", ORANGE),
    )
    return finish(
        alt.vconcat(*panels).add_params(model, direction, strength),
        title="Write along a direction and watch the output",
        description=(
            "Three panels driven by a choice of model, a choice of direction and a slider for the "
            "strength. Top: bars with the probability of the tokens that are most probable in the "
            "clean distribution, and of all others together. Middle: entropy against the "
            "strength. Bottom: the final scale, over its clean value, against the strength. A dot "
            "marks the present strength. Along null directions entropy and scale rise together."
        ),
        height=None,
    )


def effects_chart(effects: pd.DataFrame) -> alt.VConcatChart:
    """Effects of writing along each direction, against its direct change of the logits.

    `effects` holds frames of `writing.writing_effects`, each with a column
    `model` and a column `kind` (of the direction). Exact null directions,
    whose direct change is zero, stand at the left edge.
    """
    models = list(effects["model"].unique())
    model = buttons("effects_model", "Model", models)
    floored = pd.concat(with_floor(part, "logit_change") for _, part in effects.groupby("model"))
    columns = ["model", "direction", "kind", "effect", "shown", "scale_ratio", *PANELS]
    base = (
        alt.Chart(floored[columns].round(5))
        .transform_filter("datum.model === effects_model")
        .mark_point(filled=True, size=32, opacity=0.75)
    )
    panels = [_effects_panel(base, column, title) for column, title in PANELS.items()]
    return finish(
        alt.vconcat(*panels).add_params(model),
        title="Every direction, written at the same strength",
        description=(
            "Three scatter plots over the directions of the residual stream, for the chosen model. "
            "Across, on a logarithmic axis: length of the direct change of the logits. Up: mean "
            "absolute change of entropy, mean KL divergence from the clean distribution, and "
            "share of tokens whose first choice changed. Colour tells the total effect from the "
            "direct one, shape the kind of direction. For null directions the direct effect is "
            "near zero in all three; in the model with a final scale their total effect is not."
        ),
        height=None,
    )


def _bars(chosen: alt.Chart) -> alt.Chart:
    return (
        chosen.transform_flatten(["token", "probability"])
        .mark_bar()
        .encode(
            x=alt.X("probability:Q", scale=alt.Scale(domain=[0, 1]), title="probability"),
            y=alt.Y("token:N", sort=None, title="next token", axis=alt.Axis(labelLimit=75)),
            color=alt.condition(f"datum.token === '{OTHERS}'", alt.value(GREY), alt.value(GREEN)),
            tooltip=["token:N", alt.Tooltip("probability:Q", format=".3f")],
        )
        .properties(width=PANEL_WIDTH, height=200)
    )


def _curve(chosen: alt.Chart, now: str, column: str, title: str, colour: str) -> alt.LayerChart:
    highest = float(chosen.data[column].max())
    base = chosen.encode(
        x=alt.X("strength:Q", title="strength (in lengths of the residual)"),
        y=alt.Y(f"{column}:Q", title=title, scale=alt.Scale(domain=[0, highest])),
        tooltip=[
            alt.Tooltip("strength:Q", format=".2f"),
            alt.Tooltip(f"{column}:Q", format=".3f", title=title),
        ],
    )
    dot = base.transform_filter(now).mark_point(filled=True, size=110, color=PINK, opacity=1)
    layers = [base.mark_line(color=colour), dot]
    return alt.LayerChart(layer=layers, width=PANEL_WIDTH, height=PANEL_HEIGHT)


def _effects_panel(base: alt.Chart, column: str, title: str) -> alt.Chart:
    return base.encode(
        x=alt.X(
            "shown:Q",
            scale=alt.Scale(type="log", nice=False),
            title="direct change of the logits (length)",
        ),
        y=alt.Y(f"{column}:Q", title=title),
        color=alt.Color(
            "effect:N",
            scale=alt.Scale(domain=["total", "direct"], range=[BLUE, ORANGE]),
            title="effect",
        ),
        shape=alt.Shape(
            "kind:N",
            scale=alt.Scale(domain=KINDS, range=["circle", "diamond", "triangle-down", "cross"]),
            title="direction",
        ),
        tooltip=[
            alt.Tooltip("direction:Q"),
            alt.Tooltip("kind:N"),
            alt.Tooltip("effect:N"),
            alt.Tooltip(f"{column}:Q", format=".3f", title=title),
            alt.Tooltip("scale_ratio:Q", format=".3f", title="scale / clean scale"),
        ],
    ).properties(width=PANEL_WIDTH, height=PANEL_HEIGHT)
