"""Charts of what ablations do on repeated sequences: neurons, sets of neurons, heads."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts.menus import buttons, menu
from confidence_neurons.charts.theme import BLUE, GREY, ORANGE, finish

PANEL_WIDTH = 230
ROW = 26
CHANGES_WIDTH, CHANGES_ROW = 210, 16
CLIP_PANELS = {
    "entropy": "change of entropy (nats)",
    "loss": "change of loss (nats)",
    "confidence if wrong": "change of confidence where wrong",
}
HEAD_PANELS = {
    "loss": "change of loss (nats)",
    "entropy": "change of entropy (nats)",
    "activation": "change of the neuron's activation",
}


def clip_chart(effects: pd.DataFrame) -> alt.VConcatChart:
    """Clip ablation of sets of neurons: each neuron alone, and all of a set together.

    `effects` holds frames of `induction.neuron_effects`, each with a column
    `experiment`, among which a menu chooses.
    """
    shown = effects.loc[effects["quantity"].isin(list(CLIP_PANELS))].copy()
    shown["ablated neurons"] = [
        "one neuron" if known else "all of the set" for known in shown["neuron"].notna()
    ]
    shown["neuron"] = _names(shown["neuron"])
    columns = ["experiment", "set", "quantity", "neuron", "ablated neurons"]
    shown = shown[[*columns, "clean", "ablated", "change", "low", "high"]].round(4)
    experiments = list(shown["experiment"].unique())
    choice = buttons("clip_experiment", "Experiment", experiments)
    sets = list(shown["set"].unique())
    panels = []
    for quantity, title in CLIP_PANELS.items():
        base = alt.Chart(shown).transform_filter(
            f"datum.experiment === clip_experiment && datum.quantity === '{quantity}'"
        )
        y = alt.Y("set:N", sort=sets, title=None)
        rule = base.mark_rule(strokeWidth=2, color=GREY).encode(
            x=alt.X("low:Q", title=title), x2="high:Q", y=y
        )
        points = base.mark_point(filled=True, opacity=0.8).encode(
            x="change:Q",
            y=y,
            color=alt.Color(**_ablated([BLUE, ORANGE])),
            shape=alt.Shape(**_ablated(["circle", "diamond"])),
            size=alt.condition(
                "datum['ablated neurons'] === 'one neuron'", alt.value(30), alt.value(110)
            ),
            tooltip=[
                "set:N",
                alt.Tooltip("ablated neurons:N"),
                "neuron:N",
                alt.Tooltip("clean:Q", format=".3f"),
                alt.Tooltip("ablated:Q", format=".3f"),
                alt.Tooltip("change:Q", format="+.3f"),
                alt.Tooltip("low:Q", title="95 % from", format="+.3f"),
                alt.Tooltip("high:Q", title="to", format="+.3f"),
            ],
        )
        panels.append(
            alt.LayerChart(layer=[rule, points], width=PANEL_WIDTH, height=ROW * len(sets))
        )
    return finish(
        alt.vconcat(*panels).add_params(choice),
        title="Clip ablation: one by one, and together",
        description=(
            "Three dot plots with one row per set of neurons. Across: the change of entropy, of "
            "loss, and of the confidence at places where the model is wrong. Small dots are single "
            "neurons, a diamond the whole set, with its confidence interval. Entropy neurons held "
            "at their level of the first copy make the second copy uncertain; together they do far "
            "more than one by one, and control sets do little."
        ),
        height=None,
    )


def sets_chart(effects: pd.DataFrame, panels: Mapping[str, str], title: str) -> alt.VConcatChart:
    """Whole sets clipped: how the output changes, with confidence intervals.

    Parameters
    ----------
    effects:
        Frames of `induction.joint_effects`, each with a column `experiment`,
        among which a menu chooses.
    panels:
        Quantity -> title of its panel, with the unit.
    """
    experiments = list(effects["experiment"].unique())
    choice = buttons("sets_experiment", "Experiment", experiments)
    rows = "datum.experiment === sets_experiment"
    charts = [
        _changes(effects, quantity, panel, rows, ["experiment", "set", "size"])
        for quantity, panel in panels.items()
    ]
    return finish(
        alt.vconcat(*charts).add_params(choice),
        title=title,
        description=(
            "Dot plots with one row per set of neurons, all clipped together. Across: "
            + ", ".join(panels.values())
            + ", with confidence intervals. A dashed rule marks no change. A menu "
            "chooses whether the neurons are held up on the second copy or down on the first. "
            "Control sets of the same size stay near it."
        ),
        height=None,
    )


def heads_effect_chart(effects: pd.DataFrame) -> alt.VConcatChart:
    """How loss, entropy and a chosen neuron change with sets of heads switched off.

    `effects` comes from `induction.head_effects`, with a column `kind` that
    groups the sets.
    """
    shown = effects.copy()
    neurons = [str(neuron) for neuron in shown["neuron"].dropna().unique()]
    shown["neuron"] = _names(shown["neuron"])
    choice = menu("heads_neuron", "Neuron", neurons)
    kinds = list(shown["kind"].unique())
    panels = [
        _changes(
            shown,
            quantity,
            title,
            "datum.neuron === heads_neuron" if quantity == "activation" else "true",
            ["set", "kind", "neuron"],
            kinds,
        )
        for quantity, title in HEAD_PANELS.items()
    ]
    return finish(
        alt.vconcat(*panels).add_params(choice),
        title="The second copy with heads switched off",
        description=(
            "Three dot plots with one row per set of heads that look at BOS only. Across: the "
            "change of loss, of entropy, and of the activation of the neuron that a menu chooses, "
            "on the second copy, with confidence intervals. A dashed rule marks no change. Without "
            "the induction heads, or the previous-token head, all three rise to the level of the "
            "first copy or above it; most other heads change little."
        ),
        height=None,
    )


def _changes(
    effects: pd.DataFrame,
    quantity: str,
    title: str,
    rows: str,
    names: list[str],
    kinds: Sequence[str] = (),
) -> alt.LayerChart:
    """How each ablation changes one quantity, with its interval; a rule at zero."""
    shown = effects.loc[effects["quantity"] == quantity]
    sets = list(shown["set"].unique())
    base = alt.Chart(shown[[*names, "clean", "ablated", "change", "low", "high"]].round(3))
    base = base.transform_filter(rows)
    y = alt.Y("set:N", sort=sets, title=None)
    zero = alt.Chart(pd.DataFrame({"change": [0]})).mark_rule(strokeDash=[4, 4], color=GREY)
    interval = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title), x2="high:Q", y=y)
    points = base.mark_point(filled=True, size=70, opacity=0.9).encode(
        x="change:Q",
        y=y,
        tooltip=[
            *(f"{name}:N" for name in names),
            alt.Tooltip("clean:Q", title="left alone", format=".2f"),
            alt.Tooltip("ablated:Q", format=".2f"),
            alt.Tooltip("change:Q", format="+.2f"),
            alt.Tooltip("low:Q", title="95 % from", format="+.2f"),
            alt.Tooltip("high:Q", title="to", format="+.2f"),
        ],
    )
    if kinds:
        scale = alt.Scale(domain=list(kinds))
        points = points.encode(
            color=alt.Color("kind:N", title=None, scale=scale),
            shape=alt.Shape("kind:N", title=None, scale=scale),
        )
    return alt.LayerChart(
        layer=[zero.encode(x="change:Q"), interval, points],
        width=CHANGES_WIDTH,
        height=CHANGES_ROW * len(sets),
    )


def _names(neurons: Iterable[Any]) -> list[str]:
    return ["all" if pd.isna(neuron) else str(neuron) for neuron in neurons]


def _ablated(values: list) -> dict[str, Any]:
    """How single neurons and whole sets are told apart, for an encoding channel."""
    scale = alt.Scale(domain=["one neuron", "all of the set"], range=values)
    return {"shorthand": "ablated neurons:N", "title": None, "scale": scale}
