"""Total against direct effect, and the share that the final scale mediates, neuron by neuron."""

import pandas as pd

from confidence_neurons.charts import Axis, neurons
from confidence_neurons.charts.layers import Drawn

LOWEST_SHARE = -1.5
STRENGTHS = 300  # how many times as strong as the faintest colour the strongest is


def total_against_direct(effects: pd.DataFrame) -> Drawn:
    """Direct against total effect of each neuron, with intervals; a menu chooses the measurement.

    `effects` holds frames of `effect_intervals`, each with columns `group` (of
    the neuron) and `measured` (what and on which text).
    """
    wide = _wide(effects)
    lowest = float(wide[["total_low", "direct_low"]].min(axis=None))
    highest = float(wide[["total_high", "direct_high"]].max(axis=None))
    domain = (max(lowest * 0.8, highest / 3000), highest * 1.2)
    axes = [
        Axis(
            effect,
            f"{effect} effect (mean |change|, nats)",
            scale="log",
            domain=domain,
            interval=(f"{effect}_low", f"{effect}_high"),
        )
        for effect in ("total", "direct")
    ]
    return neurons(
        wide,
        x=axes[0],
        y=axes[1],
        group="group",
        choose={"measured": "Measured"},
        diagonal="rising",
        title="Total and direct effect of each neuron",
        description=(
            "Scatter plot with logarithmic axes. Across: the total effect of ablating a neuron; "
            "up: its direct effect, the final scale frozen; both as mean absolute changes in nats, "
            "with 95 % intervals as lines. On the dashed diagonal both are equal; below it the "
            "path through the scale adds to the effect. Colour and shape tell the group."
        ),
    )


def share_chart(scans: pd.DataFrame) -> Drawn:
    """Mediated share of every neuron against its null-space fraction; colour is the effect.

    `scans` holds frames of `cn.scan`, each with a column `measured`
    (which model, on which text); a menu chooses among them.
    """
    columns = ["measured", "neuron", "null_fraction", "entropy_total", "entropy_ln_mediated"]
    largest = float(scans["entropy_total"].max())
    shown = scans[columns].assign(
        share=scans["entropy_ln_mediated"].clip(lower=LOWEST_SHARE),
        strength=scans["entropy_total"].clip(lower=largest / STRENGTHS),
    )
    return neurons(
        shown,
        x=Axis("null_fraction", "null-space fraction", domain=(0, 1)),
        y=Axis(
            "share",
            f"LN-mediated share (lower ones at {LOWEST_SHARE})",
            domain=(LOWEST_SHARE, 1),
            rules={"nothing": 0},
        ),
        coloured_by=Axis(
            "strength",
            "mean |entropy change| (nats)",
            scale="log",
            domain=(largest / STRENGTHS, largest),
            format=".3~f",
        ),
        choose={"measured": "Measured"},
        details={
            "neuron": "neuron",
            "entropy_ln_mediated": "LN-mediated share, as measured",
            "entropy_total": "|entropy change| (nats)",
        },
        title="How much of each neuron's effect goes through the scale",
        description=(
            "Scatter plot of all neurons of the last layer, for the chosen model and text. Across: "
            "the share of the output weights' norm in the null space. Up: the share of the effect "
            "on entropy that the final scale mediates; very low ones stand at the lower edge. "
            "Colour, from blue to orange: the size of the effect."
        ),
    )


def _wide(effects: pd.DataFrame) -> pd.DataFrame:
    """One row per neuron and measurement; columns `total`, `total_low`, `total_high`, ..."""
    keys = ["measured", "group", "neuron"]
    frames = []
    for effect in ("total", "direct", "mediated"):
        part = effects[effects["effect"] == effect].set_index(keys)[["estimate", "low", "high"]]
        frames.append(part.set_axis([effect, f"{effect}_low", f"{effect}_high"], axis=1))
    return pd.concat(frames, axis=1).reset_index()
