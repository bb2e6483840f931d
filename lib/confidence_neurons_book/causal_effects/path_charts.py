"""How the direct and the indirect path of an ablation combine: per token, and on average."""

import pandas as pd

from confidence_neurons.charts import Axis, Category, bars, neurons
from confidence_neurons.charts.layers import Drawn

PARTS = ["direct", "indirect", "interaction", "total"]


def token_plane(tokens: pd.DataFrame) -> Drawn:
    """Direct against indirect change of entropy, a point per token; a menu chooses the neuron.

    `tokens` has rows of `cn.token_effects` and a column `label` that
    names the neurons.
    """
    return neurons(
        tokens,
        x=Axis("entropy_direct", "direct change of entropy (nats)"),
        y=Axis("entropy_indirect", "indirect change of entropy (nats)"),
        choose={"label": "Neuron"},
        details={"entropy_total": "total"},
        diagonal="falling",
        title="Do the two paths help each other, or fight?",
        description=(
            "Scatter plot, a point per token, for the chosen neuron. Across: the direct change of "
            "entropy when the neuron is ablated; up: the indirect one, through the scale alone; "
            "both in nats. On the dashed falling diagonal the two cancel."
        ),
    )


def decomposition_bars(parts: pd.DataFrame) -> Drawn:
    """Signed mean effects of some neurons: direct, indirect, what is left over, and total.

    `parts` comes from `decomposition`, by a column `label`.
    """
    ordered = parts.sort_values(
        "effect", key=lambda effects: effects.map(PARTS.index), kind="stable"
    ).sort_values(
        "label", key=lambda labels: labels.map(list(parts["label"].unique()).index), kind="stable"
    )
    return bars(
        ordered[["label", "effect", "estimate", "low", "high"]],
        x=Axis("estimate", "mean change of entropy (nats)"),
        category=Category("label", ""),
        group="effect",
        title="Total is direct plus indirect plus a rest",
        description=(
            "Horizontal bars in groups, one group per neuron: the signed mean change of entropy in "
            "nats that is direct, that is indirect, the interaction that the two leave over, and "
            "the total. Lines are 95 % intervals over sequences."
        ),
    )
