"""Token frequency neurons: how strong, by which path, on which tokens."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.frequency import CLASSES, SHAPES
from confidence_neurons.charts.theme import BLUE, GREY, ORANGE, PALETTE, PINK, finish

MEASURES = {
    "kl": "KL(P_freq || P_model)",
    "kl_reverse": "KL(P_model || P_freq)",
    "entropy": "entropy",
    "loss": "loss",
}
SHARES = {
    "kl": "frequency_mediated",
    "kl_reverse": "kl_reverse_frequency_mediated",
    "entropy": "entropy_frequency_mediated",
    "loss": "loss_frequency_mediated",
}
LOWEST = -0.5
ROW = 17


def mediation_chart(effects: pd.DataFrame) -> alt.Chart:
    """Frequency-mediated share against the size of the effect, one point per neuron.

    `effects` holds frames of `ablation.scan` with frequency columns, each with
    a column `measured` that says on what, and `group`. Shares below -0.5 stand
    at the left edge; neurons with hardly any effect are left out.
    """
    groups = [name for name in effects["group"].unique() if name != "others"]
    domain = ["others", *sorted(groups)]
    long = pd.concat(
        effects.assign(
            measure=name,
            effect=effects[f"{key}_total"],
            share=effects[SHARES[key]],
        )
        for key, name in MEASURES.items()
        if key != "loss"
    )
    largest = long.groupby(["measured", "measure"])["effect"].transform("max")
    long = long[long["effect"] > largest / 100]
    columns = ["neuron", "group", "measured", "measure", "effect", "share"]
    columns += ["frequency_cosine", "null_fraction"]
    shown = long[columns].assign(shown=long["share"].clip(lower=LOWEST))
    shown = shown.round({"effect": 4, "share": 2, "shown": 2})
    shown = shown.round({"frequency_cosine": 2, "null_fraction": 2})
    text = _radio("mediation_text", list(effects["measured"].unique()), "Measured on: ")
    measure = _radio("mediation_measure", list(long["measure"].unique()), "Effect on: ")
    chart = (
        alt.Chart(shown)
        .transform_filter("datum.measured === mediation_text")
        .transform_filter("datum.measure === mediation_measure")
        .mark_point(filled=True, opacity=0.8)
        .encode(
            x=alt.X("shown:Q", title="frequency-mediated share"),
            y=alt.Y(
                "effect:Q",
                scale=alt.Scale(type="log", nice=False),
                title="mean absolute effect (nats)",
            ),
            color=alt.Color(
                "group:N",
                scale=alt.Scale(domain=domain, range=[GREY, BLUE, ORANGE, PINK]),
                title="neuron",
            ),
            shape=alt.Shape(
                "group:N",
                scale=alt.Scale(domain=domain, range=["circle", "diamond", "square", "cross"]),
                title="neuron",
            ),
            size=alt.condition("datum.group === 'others'", alt.value(18), alt.value(70)),
            order=alt.condition("datum.group === 'others'", alt.value(0), alt.value(1)),
            tooltip=[
                "neuron:N",
                "group:N",
                alt.Tooltip("effect:Q", title="effect (nats)"),
                alt.Tooltip("share:Q", title="frequency-mediated"),
                alt.Tooltip("frequency_cosine:Q", title="cosine with u"),
                alt.Tooltip("null_fraction:Q", title="null-space fraction"),
            ],
        )
        .add_params(text, measure)
    )
    return finish(
        chart,
        title="Token frequency neurons by effect and mediation",
        description=(
            "Scatter plot, one point per neuron of the last layer. Across: the share of its "
            "effect that the frequency direction mediates. Up, on a logarithmic axis: its mean "
            "absolute effect in nats. Switches choose the text and whether the effect is on a "
            "distance to the unigram distribution or on entropy. Frequency neurons, entropy "
            "neurons and all others differ in colour and shape."
        ),
    )


def interval_chart(
    frame: pd.DataFrame,
    *,
    rows: str,
    colour: str,
    menu: str,
    axis: str,
    title: str,
    description: str,
    menu_label: str = "Effect on: ",
) -> alt.LayerChart:
    """Estimates as dots with their intervals as bars, in rows; a switch chooses what of.

    Parameters
    ----------
    frame:
        `estimate`, `low`, `high` and the columns that `rows`, `colour` and
        `menu` name; all in the order in which they are to stand.
    axis:
        Title of the axis, with its unit.

    Raises
    ------
    ValueError
        If there are more colours than the palette has.
    """
    colours, lines = list(frame[colour].unique()), list(frame[rows].unique())
    if len(colours) > len(PALETTE):
        raise ValueError(f"expected at most {len(PALETTE)} values of {colour}, got {colours}")
    name = f"choice_{rows}_{colour}_{menu}".replace(" ", "_")
    shown = frame[[rows, colour, menu, "estimate", "low", "high"]].round(4)
    base = (
        alt.Chart(shown)
        .transform_filter(f"datum['{menu}'] === {name}")
        .encode(
            y=alt.Y(f"{rows}:N", sort=lines, title=None, axis=alt.Axis(labelLimit=130)),
            yOffset=alt.YOffset(f"{colour}:N", sort=colours),
            color=alt.Color(
                f"{colour}:N",
                sort=colours,
                scale=alt.Scale(domain=colours, range=PALETTE[: len(colours)]),
                title=None,
            ),
            tooltip=[
                f"{rows}:N",
                f"{colour}:N",
                alt.Tooltip("estimate:Q", format=".4f"),
                alt.Tooltip("low:Q", format=".4f"),
                alt.Tooltip("high:Q", format=".4f"),
            ],
        )
    )
    across = alt.X("estimate:Q", title=axis)
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=GREY).encode(x="zero:Q")
    layers = [
        zero,
        base.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q", title=axis), x2="high:Q"),
        base.mark_point(filled=True, size=45, opacity=1).encode(x=across),
    ]
    options = list(frame[menu].unique())
    chart = alt.LayerChart(layer=layers).add_params(_radio(name, options, menu_label))
    height = max(120, ROW * len(lines) * len(colours))
    return finish(chart, title=title, description=description, height=height)


def story_chart(story: pd.DataFrame, neuron: int) -> alt.Chart:
    """Activation against what the neuron adds to the loss, by the frequency of the target.

    `story` has one row per token: `activation`, `loss_added`, `kl_added`,
    `entropy_added`, `class` of the target, `at` and `next` (labels); see
    `frequency_story`.
    """
    names = {
        "loss_added": "loss",
        "kl_added": "KL(P_freq || P_model)",
        "entropy_added": "entropy",
    }
    choice = _radio("story_measure", list(names.values()), "Added to: ")
    columns = ["activation", "class", "at", "next", *names]
    chart = (
        alt.Chart(story[columns].round(3).rename(columns=names))
        .transform_fold(list(names.values()), as_=["measure", "added"])
        .transform_filter("datum.measure === story_measure")
        .mark_point(filled=True, size=26, opacity=0.7)
        .encode(
            x=alt.X("activation:Q", title=f"activation of neuron {neuron}"),
            y=alt.Y("added:Q", title="what the neuron adds (nats)"),
            color=alt.Color("class:N", scale=CLASSES, title="next token"),
            shape=alt.Shape("class:N", scale=SHAPES, title="next token"),
            tooltip=[
                alt.Tooltip("at:N", title="at token"),
                alt.Tooltip("next:N", title="next token"),
                alt.Tooltip("class:N", title="which is"),
                alt.Tooltip("activation:Q", format=".2f"),
                alt.Tooltip("added:Q", title="added (nats)", format=".3f"),
            ],
        )
        .add_params(choice)
    )
    return finish(
        chart,
        title=f"What neuron {neuron} adds, token by token",
        description=(
            "Scatter plot, one point per token. Across: activation of the neuron. Up: what the "
            "neuron adds to the loss, the distance to the unigram distribution or the entropy, "
            "in nats; a switch chooses. Colour and shape say how frequent the next token is. "
            "The more the neuron fires, the more it lowers the loss of frequent tokens and "
            "raises that of rare ones."
        ),
    )


def _radio(name: str, options: list[str], label: str) -> alt.Parameter:
    return alt.param(
        name=name, value=options[0], bind=alt.binding_radio(options=options, name=label)
    )
