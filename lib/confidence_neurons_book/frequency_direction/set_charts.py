"""Sets of neurons ablated together: estimates with their intervals, in rows."""

from collections.abc import Callable, Sequence

import altair as alt
import pandas as pd

from confidence_neurons.charts.looks import group_colours
from confidence_neurons.charts.menus import buttons
from confidence_neurons.charts.theme import GREY, PALETTE, finish

QUANTITIES = {"kl": "KL(P_freq || P_model)", "kl_reverse": "KL(P_model || P_freq)"}
ROW = 17


def paths_chart(sizes: pd.DataFrame) -> alt.LayerChart:
    """Effects in total and with one path closed; frames of `frequency.neurons.effect_sizes`."""
    return interval_chart(
        sizes,
        rows="set",
        colour="effect",
        colours=_palette,
        axis="mean absolute effect (nats)",
        title="Total effect, and with one path closed",
        description=(
            "Dots with intervals, in rows. Rows: the sets of neurons. Across: mean absolute "
            "effect of switching the set off on half noise, in nats; a switch chooses the "
            "quantity. Colour: the total effect, the effect with the final scale frozen, "
            "and the effect with the projection on the frequency direction restored. For "
            "frequency neurons freezing the scale makes the effect on entropy larger, "
            "restoring the projection makes it smaller; for entropy neurons freezing the "
            "scale removes most of it."
        ),
    )


def situations_chart(means: pd.DataFrame) -> alt.LayerChart:
    """Changes by situation: `frequency.neurons.mean_changes`, with a column `text`."""
    labels = means["label"].str.replace(" and ", ", ")
    means = means.assign(row=means["text"] + ": " + labels)
    return interval_chart(
        means,
        rows="row",
        colour="set",
        axis="mean change (nats)",
        title="Switched off, when the model is sure, unsure, right, wrong",
        description=(
            "Dots with intervals, in rows. Rows: text and situation of the token. Across: "
            "mean change when a set of neurons is switched off, in nats; a switch chooses "
            "entropy, loss or distance to the unigram distribution. Colour: the set. On "
            "noise entropy rises without frequency neurons and falls without entropy "
            "neurons; on clean text hardly anything happens."
        ),
    )


def classes_chart(means: pd.DataFrame) -> alt.LayerChart:
    """Changes by the class of the next token; frames of `frequency.neurons.mean_changes`."""
    return interval_chart(
        means,
        rows="label",
        colour="set",
        axis="mean change (nats)",
        title="Switched off, by the frequency of the next token",
        description=(
            "Dots with intervals, in rows. Rows: how frequent the next token is. Across: "
            "mean change when a set of neurons is switched off on half noise, in nats; a "
            "switch chooses the quantity. Colour: the set. Without frequency neurons the "
            "loss of frequent tokens rises and that of rare ones falls; without entropy "
            "neurons it is the reverse."
        ),
    )


def interaction_chart(found: pd.DataFrame) -> alt.LayerChart:
    """Joint change, sum and interaction; frames of `frequency.neurons.interactions`."""
    return interval_chart(
        found,
        rows="effect",
        colour="pair",
        axis="mean change (nats)",
        title="Both switched off, against the sum of each",
        description=(
            "Dots with intervals, in three rows: the sum of the two single changes, the "
            "joint change, and their difference, the interaction. Across: mean change in "
            "nats; a switch chooses the quantity. Colour: both kinds of neurons, or two "
            "random sets of the same sizes, whose changes lie near zero."
        ),
    )


def interval_chart(
    frame: pd.DataFrame,
    *,
    rows: str,
    colour: str,
    axis: str,
    title: str,
    description: str,
    colours: Callable[[Sequence[str]], alt.Scale] = group_colours,
) -> alt.LayerChart:
    """Estimates as dots with their intervals as bars, in rows; a switch chooses what of.

    Parameters
    ----------
    frame:
        `quantity`, which a switch chooses, `estimate`, `low`, `high`, and the
        columns that `rows` and `colour` name; in the order in which rows and
        colours are to stand.
    axis:
        Title of the axis, with its unit.
    colours:
        From the names in the column `colour` to their colours.

    Raises
    ------
    ValueError
        If there are more effects than the palette has colours.
    """
    names, lines = list(frame[colour].unique()), list(frame[rows].unique())
    name = f"quantity_by_{rows}_and_{colour}"
    shown = frame.replace({"quantity": QUANTITIES})
    options = list(shown["quantity"].unique())
    shown = shown[[rows, colour, "quantity", "estimate", "low", "high"]].round(4)
    base = (
        alt.Chart(shown)
        .transform_filter(f"datum.quantity === {name}")
        .encode(
            y=alt.Y(f"{rows}:N", sort=lines, title=None, axis=alt.Axis(labelLimit=150)),
            yOffset=alt.YOffset(f"{colour}:N", sort=names),
            color=alt.Color(
                f"{colour}:N",
                sort=names,
                scale=colours(names),
                title=None,
                legend=alt.Legend(columns=1),
            ),
            tooltip=[
                f"{rows}:N",
                f"{colour}:N",
                alt.Tooltip("estimate:Q", title="mean (nats)", format=".4f"),
                alt.Tooltip("low:Q", title="95 % from", format=".4f"),
                alt.Tooltip("high:Q", title="to", format=".4f"),
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
    choice = buttons(name, "Effect on", options)
    chart = alt.LayerChart(layer=layers).add_params(choice)
    height = max(120, ROW * len(lines) * len(names))
    return finish(chart, title=title, description=description, height=height)


def _palette(names: Sequence[str]) -> alt.Scale:
    if len(names) > len(PALETTE):
        raise ValueError(f"expected at most {len(PALETTE)} values of effect, got {list(names)}")
    return alt.Scale(domain=list(names), range=PALETTE[: len(names)])
