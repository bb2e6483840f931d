"""How the paths of an ablation combine: token by token, and for all neurons of a layer."""

import pandas as pd

from confidence_neurons.charts import Axis, neurons
from confidence_neurons.charts.layers import Drawn


def token_plane(tokens: pd.DataFrame, title: str) -> Drawn:
    """Direct against indirect change of entropy, a point per token; a menu chooses the neuron.

    `tokens` has rows of `cn.token_effects` and a column `label` that
    names the neurons.
    """
    return neurons(
        tokens[["label", "entropy_direct", "entropy_indirect", "entropy_total"]],
        x=Axis("entropy_direct", "direct change of entropy (nats)"),
        y=Axis("entropy_indirect", "indirect change of entropy (nats)"),
        choose={"label": "Neuron"},
        details={"entropy_total": "total"},
        diagonal="falling",
        title=title,
        description=(
            "Scatter plot, a point per token, for the chosen neuron. Across: the direct change of "
            "entropy when the neuron is ablated; up: the indirect one, through the scale alone; "
            "both in nats. On the dashed falling diagonal the two cancel."
        ),
    )


def total_against_direct(scans: pd.DataFrame, title: str) -> Drawn:
    """Direct against total effect of every neuron; a choice of model.

    `scans` holds frames of `cn.scan` with columns `model` and `group`.
    """
    largest = float(scans[["entropy_total", "entropy_direct"]].max(axis=None))
    domain = (largest / 3000, largest * 1.2)
    axes = [
        Axis(f"entropy_{path}", f"{path} effect (mean |change|, nats)", scale="log", domain=domain)
        for path in ("total", "direct")
    ]
    columns = ["model", "group", "neuron", "entropy_total", "entropy_direct"]
    return neurons(
        scans[[*columns, "entropy_ln_mediated"]],
        x=axes[0],
        y=axes[1],
        group="group",
        choose={"model": "Model"},
        details={"neuron": "neuron", "entropy_ln_mediated": "LN-mediated share"},
        diagonal="rising",
        title=title,
        description=(
            "Scatter plot with logarithmic axes, a point per neuron of the last layer of the "
            "chosen model. Across: the total effect of its ablation on the entropy; up: its direct "
            "effect, the final scale frozen. On the dashed diagonal both are equal; below it the "
            "scale adds to the effect, above it the scale undoes a part. Colour and shape tell the "
            "group."
        ),
    )
