"""Charts of what ablations do on repeated sequences: neurons, groups of neurons, heads."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from confidence_neurons.charts import Axis, Category, dots
from confidence_neurons.charts.layers import Drawn

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
LEVELS = {"clean": "left alone", "ablated": "ablated"}


def clip_chart(effects: pd.DataFrame) -> Drawn:
    """Clip ablation of groups of neurons: each neuron alone, and all of a group together.

    `effects` holds frames of `effects.clip_effects` and of
    `effects.clip_one_by_one`, each with a column `experiment`, among which a
    menu chooses.
    """
    alone = effects["neuron"].notna().map({True: "one neuron", False: "all of the group"})
    names = _names(effects["neuron"]).fillna("all")
    return _changes(
        effects.assign(neuron=names, **{"ablated neurons": alone}),
        CLIP_PANELS,
        group="ablated neurons",
        choose={"experiment": "Experiment"},
        details={"neuron": "neuron", **LEVELS},
        title="Clip ablation: one by one, and together",
        description=(
            "Three dot plots with one row per group of neurons. Across: the change of entropy, of "
            "loss, and of the confidence at places where the model is wrong. Colour and shape "
            "tell single neurons from the whole group, which has its confidence interval."
        ),
    )


def sets_chart(effects: pd.DataFrame, panels: Mapping[str, str], title: str) -> Drawn:
    """Whole groups clipped: how the output changes, with confidence intervals.

    Parameters
    ----------
    effects : pd.DataFrame
        Frames of `effects.clip_effects`, each with a column `experiment`,
        among which a menu chooses.
    panels : mapping of str to str
        Quantity -> title of its panel, with the unit.
    """
    return _changes(
        effects,
        panels,
        choose={"experiment": "Experiment"},
        details={"size": "neurons", **LEVELS},
        title=title,
        description=(
            "Dot plots with one row per group of neurons, all clipped together. Across: "
            + ", ".join(panels.values())
            + ", with confidence intervals. A dashed rule marks no change. A switch chooses "
            "whether the neurons are held up on the second copy or down on the first."
        ),
    )


def heads_effect_chart(effects: pd.DataFrame) -> Drawn:
    """How loss, entropy and a chosen neuron change with groups of heads switched off.

    `effects` comes from `effects.head_effects`, with a column `kind` that
    tells kinds of groups apart.
    """
    return _changes(
        effects.assign(neuron=_names(effects["neuron"])),
        HEAD_PANELS,
        group="kind",
        choose={"neuron": "Neuron"},
        details=LEVELS,
        title="The second copy with heads switched off",
        description=(
            "Three dot plots with one row per group of heads that look at BOS only. Across: the "
            "change of loss, of entropy, and of the activation of the neuron that a menu chooses, "
            "on the second copy, with confidence intervals. A dashed rule marks no change."
        ),
    )


def _changes(effects: pd.DataFrame, panels: Mapping[str, str], **more: Any) -> Drawn:
    return dots(
        effects[effects["quantity"].isin(list(panels))],
        x=Axis("estimate", panels, rules={"no change": 0}),
        category=Category("group", ""),
        panel="quantity",
        **more,
    )


def _names(neurons: pd.Series) -> pd.Series:
    """As words, where there is one."""
    return neurons.map(str, na_action="ignore").astype(object)
